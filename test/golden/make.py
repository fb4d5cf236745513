#!/usr/bin/env python3
"""Makes the golden values and gradients of this folder from PyTorch.

    apt-get install -y python3-torch libopenblas0-pthread      (Debian; written with PyTorch 1.13)
    /usr/bin/python3 test/golden/make.py [family …]            (all families without arguments)

The files are part of the repository: tests read them and never need PyTorch. A case is

    { "name", "op", "options", "inputs": [{ "shape", "dtype", "data" }],
      "output", "cotangent"  or, with several outputs,  "outputs", "cotangents" (null for integers),
      "gradients": [one per input, null where there is none], "compare"?: "relative" }

`op` and `options` are those of Pullback; `inputs` are in the order of the call, flat data in C order. Images are NHWC, filters
[kh, kw, channels / groups, filters]. Options that are not a record in the call are named here: `reshape` and `expand`
{ shape }, `permute` { axes }, `expandDims` { axis }, `squeeze` { axis }, `tile` { reps }, `einsum` { equation }, `cast` { dtype },
`powScalar` { exponent } for pow(x, number). `concat` and `stack` take their inputs as one array. Composite cases:

    indexAdd          { axis }                  x, updates, indices           x plus the scattered updates
    embedding         {}                        table, indices                take along axis 0, indices of any rank
    csrMatmul         { rowStarts, columns, shape }   values, x               the sparse matrix is built from its values
    layerNorm         { eps }                   x, scale, offset              over the last axis, biased variance
    batchNorm         { eps }                   x, scale, offset              per channel (last axis), statistics of the batch
    groupNorm         { groups, eps }           x [n, h, w, c], scale, offset
    crossEntropy      { ignoreIndex?, labelSmoothing? }   logits [n, classes], targets [n], class weights?   the weighted mean
    balancedCrossEntropy   { balance, strength, normalise, ignoreIndex }   logits [..., classes], labels [...]
    focal             { gamma, ignoreIndex? }   logits [..., classes], labels [...], class weights?   the weighted mean
    dice              { isSquared, smoothing, absent, ignoreIndex }   logits [..., classes], labels [...]
    distillationLoss  { temperature, alpha }    student, teacher [..., classes], targets [...]   the teacher has no gradient
    hiddenLoss        {}                        student, teacher, projection?   the teacher has no gradient
    gruCell           {}   x [n, i], h [n, s], wx [i, 3s], wh [s, 3s], bx, bh    gates in the order r, z, n; PyTorch's equations
    gru               {}   x [n, t, i], wx [i, 3s], wh [s, 3s], bx, bh  → [n, t, s]   the states from zeros
    lstmCell          {}   x, h, c, wx [i, 4s], wh [s, 4s], bx, bh  → h′, c′      gates in the order i, f, g, o
    attention         { heads, causal }   x [n, t, w], wqkv [w, 3w], bqkv, wo [w, w], bo   multi-head self-attention
    gcn               {}   adjacency [n, n], x [n, i], w [i, o], b [o]            D^-1/2 (A + I) D^-1/2 X W + b
    graph…            { pairs, nodes, form, … }  weights [..., pairs], h, parameters of the layer, see cases_graph.py
    tgcn              { pairs, nodes, form }    weights [..., pairs], x [n, t, nodes, i], gates r, u [i + s, 2s], [2s], candidate [i + s, s], [s],
                      head [s, o], [o]  → [n, nodes, o]
    time2vec          {}   t, frequency [width], phase [width]
    Conv              ConvOptions               x, w, b
    BatchNorm.train   { momentum, epsilon }     x, gain, bias, mean, variance → y, mean′, variance′
    BatchNorm.infer   { epsilon }               x, gain, bias, mean, variance
    GroupNorm, RmsNorm   their options          x, gain, bias (RmsNorm has none)
    Rnn, Gru, Lstm    { activation?, reverse? }   x [n, t, i], h [n, s], c [n, s] (Lstm), wx, wh, bx, bh → outputs, last h, last c (Lstm)
    stacked, bidirectional   { kind }           x, and wx, wh, bx, bh of each of two layers, or directions → outputs
    Attention.cross   { heads }                 x, context, wqkv, bqkv, wo, bo, mask? (bool: true is seen)
    transformerBlock  { heads }                 x, norm, attention, norm and two linear layers: PyTorch's TransformerEncoderLayer, causal
    Segmenter         { network, classes, width, connections, training, running }   x, parameters (and statistics) in the order of cases_segmenter.py → logits (and statistics)
    Transformer       { kind, config, names }   tokens, labels (source, mask, target, labels for a translation), parameters by these names → logits, loss
    trajectory        { optimizer, learningRate | schedule, clip?, steps, every?, … }   x, y, w, b    parameters after each update,
                      or every 25th in the folder trajectories; see cases_optim.py and cases_trajectories.py
    prune             { steps: [{ kind, sparsity, … }] }   weights   the mask of each after all steps (torch.nn.utils.prune)
    schedule          { kind, … }               steps [n]                     rates at these steps
"""

import sys

sys.dont_write_bytecode = True  # no __pycache__ in the repository

import cases_compress
import cases_contract
import cases_convolve
import cases_elementwise
import cases_gather
import cases_graph
import cases_layers
import cases_nn
import cases_optim
import cases_pool
import cases_prune
import cases_reduce
import cases_series
import cases_schedules
import cases_segmenter
import cases_segmentation
import cases_sparse
import cases_structural
import cases_trajectories
import cases_transformer
from record import Family

FAMILIES = {
    "compress": cases_compress.add_cases,
    "contract": cases_contract.add_cases,
    "convolve": cases_convolve.add_cases,
    "elementwise": cases_elementwise.add_cases,
    "gather": cases_gather.add_cases,
    "graph": cases_graph.add_cases,
    "layers": cases_layers.add_cases,
    "nn": cases_nn.add_cases,
    "optim": cases_optim.add_cases,
    "pool": cases_pool.add_cases,
    "reduce": cases_reduce.add_cases,
    "series": cases_series.add_cases,
    "schedules": cases_schedules.add_cases,
    "segmenter": cases_segmenter.add_cases,
    "segmentation": cases_segmentation.add_cases,
    "sparse": cases_sparse.add_cases,
    "structural": cases_structural.add_cases,
    "compress/prune": cases_prune.add_cases,
    "trajectories/optimizers": cases_trajectories.add_cases,
    "transformer": cases_transformer.add_cases,
}

# Of results, where whole networks make files large.
DIGITS = {"segmenter": 12, "transformer": 11}

for name in sys.argv[1:] or FAMILIES:
    family = Family(name, digits=DIGITS.get(name))
    FAMILIES[name](family)
    size = family.write()
    print(f"{name}.json: {len(family.cases)} cases, {size} bytes")
