// What the command line of language models can be told, for those who ask.

import { deviceNames } from "../../src/index.ts";
import { Language } from "../../src/models/index.ts";
import { attentions, tokenKinds } from "./readOptions.ts";

/** What --help prints. */
export const usage = `Trains Transformers on a text, has them write, judges them, and makes them smaller.

  npm run language -- train [options]                    trains, judges, and writes a little
  npm run language -- sample --model FILE                writes on behind a prompt, as it comes
  npm run language -- evaluate --model FILE              judges a model on a text
  npm run language -- compress --model FILE --out FILE   prunes, rounds and trains on; tells what each step does
  npm run language -- benchmark --model FILE             tokens a second, as stored and in f32

  --device NAME       where to run: ${deviceNames.join(", ")} (cpu);
                      gpu and auto find the best that runs here
  --software          gpu and auto may take a software rasteriser for a graphics card
  --json              one JSON line instead of text
  --help              this text

train, evaluate, compress:
  --data FILE         a text in UTF-8; its first nine tenths are to learn from, the others to be judged on
                      (default: a text that the program writes itself)

train, sample, evaluate, compress, benchmark:
  --model NAME        train: ${Language.modelNames.join(", ")} (nano); all others: model.safetensors of a training run,
                      a file that compress wrote, or a folder with one of GPT-2's models as Hugging Face has them:
                      config.json, model.safetensors, vocab.json, merges.txt

train:
  --tokens NAME       ${tokenKinds.join(", ")} (characters)
  --vocabulary N      how many tokens bpe makes of the text (512)
  --vocabulary-files FOLDER
                      vocab.json and merges.txt for bpe, in place of tokens from the text
  --layers N          what follows changes the model (nano: 4 layers, width 128, 4 heads, context 64)
  --width N
  --context N         the most tokens that are seen at once
  --attention NAME    ${attentions.join(", ")} (full)
  --window N          how many tokens attention to a window sees (16)
  --groups N          heads of keys and values: 1 is multi-query attention (as many as heads)
  --dropout X         share of what is dropped in training (0)
  --iterations N      updates of the parameters (2000)
  --precision NAME    what is stored between kernels: f32, bf16, f16 (f32)
  --micro-batches N   parts of a batch that are computed one after the other, for less memory (1)
  --recompute         compute what is inside of layers again in the backward pass, for less memory
  --every N           updates between two evaluations (250)
  --quick             a small run in seconds, to see that everything works: 100 updates of batches of 8,
                      2 layers of width 64, 4 heads, context 32, evaluations every 50
  --folder FOLDER     where everything is written; training goes on from what lies there (runs/language)

train, compress:
  --heads N           train: heads of attention; compress: the share of them that is removed, those that matter least
  --batch N           pieces of the text for one update (12)
  --rate X            highest learning rate (train: 0.002; compress: 0.0005)

train, sample, compress:
  --seed N            of the weights, the pieces of text, the dropout and what is written (0)

sample, benchmark:
  --count N           tokens to write (sample: 300; benchmark: 64, or what fits into the context)

sample:
  --prompt TEXT       what the text begins with (the end of a line); where it is longer than the context its end is read
  --temperature X     what scores are divided by: less is more likely (1)
  --top-k N           draw from so many most likely tokens (all)
  --top-p X           draw from the fewest tokens that are so likely together (1)
  --greedy            take the most likely token each time
  --beams N           the most likely text that so many hypotheses find, in place of one that is drawn

evaluate:
  --part NAME         which part of the text to judge: train, validation (validation)

compress:
  --out FILE          where the compressed model is written
  --neurons X         the share of neurons inside of feed-forward parts that is removed, in fours
  --prune X           the share of the weights of layers that becomes 0, the smallest; or 2:4, two of every four, and the file
                      has only what is left of them
  --bits N            8 or 4 bits for a number of a matrix
  --per NAME          what shares a scale: tensor, channel, or so many neighbours (channel; 64 for 4 bits)
  --tune N            updates at the end, by which what is pruned stays 0 and what is rounded learns to be
  --teacher           the model as it was teaches in them

It goes in this order: heads, neurons, single weights, bits, then training on. What is 0 in the layers stays 0.
Ctrl-C ends training with a checkpoint; the same command goes on from there. So it does after a crash.`;
