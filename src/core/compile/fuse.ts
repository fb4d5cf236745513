// Which values are stored and which are computed where they are used. Walking from outputs to inputs, every node learns at how many
// places an element of it would be evaluated if it were not stored; it is stored when evaluating it again costs more than
// writing and reading it.

import { defaultReads } from "../batch.ts";
import type { Capabilities } from "../device/device.ts";
import { computeDtype, isStorage } from "../dtype.ts";
import type { Pull } from "../lowering.ts";
import { sizeOf } from "../shape.ts";
import type { Apply, Tensor } from "../tensor.ts";
import { isLeaf, type SimplifiedGraph } from "./simplify.ts";
import { unpackedIn } from "./unpacked.ts";

/** What storing a value and reading it back costs, in the units of scalar costs. */
const storeCost = 4;
/** Values that one kernel may compute: beyond, code grows faster than memory traffic shrinks. */
const maxFusedOps = 48;
/** Places at which one unstored value may be used. */
const maxSites = 6;

/** A place where an element of a node is evaluated: a kernel, the coordinates there, and how often per element. */
interface Site {
  /** The kernel's root node. */
  readonly root: Tensor;
  /** Coordinates at which the node is read, by name: equal names, equal coordinates. */
  readonly coordinates: string;
  readonly weight: number;
  /** Whether a loop or a condition stands between the node and the root. */
  readonly isNested: boolean;
  /** Whether a product reads it as a factor. */
  readonly isFactor: boolean;
}

const applyOf = (node: Tensor): Apply => node.origin as Apply; // called for nodes that are no leaves

const pullOf = (node: Tensor): Pull<unknown> | undefined => {
  const { lower } = applyOf(node).primitive;
  return lower._tag === "Pull" ? lower : undefined;
};

const isLoop = (node: Tensor): boolean =>
  pullOf(node) === undefined || pullOf(node)?.role === "reduce";

/** A view that computes nothing: to store what it reads is as good, and no copy. */
const isPlainView = (node: Tensor): boolean =>
  !isLeaf(node) && pullOf(node)?.role === "view" && pullOf(node)?.cost === 0;

/** A stored dtype as what it is computed in: a conversion on load. To store its result would undo the storage dtype. */
const isWidening = (node: Tensor): boolean => {
  const [input] = applyOf(node).inputs;
  return (
    input !== undefined &&
    isStorage(input.dtype) &&
    node.dtype === computeDtype(input.dtype) &&
    pullOf(node)?.role === "elementwise"
  );
};

/** What a view of a view of something shows. */
const behindViews = (node: Tensor): Tensor =>
  isPlainView(node) ? behindViews(applyOf(node).inputs[0] as Tensor) : node;

const readsOf = (user: Tensor, input: number): number => {
  const { primitive, inputs, attributes } = applyOf(user);
  const { lower } = primitive;
  if (lower._tag !== "Pull") return 1;
  return (
    lower.reads?.(input, inputs, user, attributes) ??
    defaultReads(lower, inputs[input] as Tensor, user)
  );
};

/** The sites that a user of a node passes on to it. */
const sitesThrough = (user: Tensor, input: number, sites: readonly Site[] | undefined): Site[] => {
  const lower = pullOf(user);
  const node = applyOf(user).inputs[input] as Tensor;
  const perElement = (readsOf(user, input) * sizeOf(user.shape)) / Math.max(1, sizeOf(node.shape));
  const at: readonly Site[] = sites ?? [
    { root: user, coordinates: "", weight: 1, isNested: false, isFactor: false },
  ];
  if (lower === undefined)
    return [{ root: user, coordinates: `s${input}`, weight: 1, isNested: true, isFactor: false }];
  if (lower.role === "elementwise") return [...at];
  return at.map(({ root, coordinates, weight, isNested, isFactor }) => ({
    root,
    coordinates: `${coordinates}/${user.id}:${input}`,
    weight: weight * perElement,
    isNested: isNested || lower.role !== "view",
    isFactor: lower.role === "view" ? isFactor : lower.isProduct === true,
  }));
};

const mergeSites = (sites: readonly Site[]): Site[] => {
  const merged = new Map<string, Site>();
  for (const site of sites) {
    const key = `${site.root.id}${site.coordinates}`;
    const known = merged.get(key);
    if (known === undefined || known.weight < site.weight) merged.set(key, site);
  }
  return [...merged.values()];
};

/** The nodes whose values are stored, in the order in which to compute them. */
export const chooseStored = (
  { outputs, order }: SimplifiedGraph,
  capabilities: Capabilities,
): ReadonlySet<Tensor> => {
  const wanted = new Set(outputs);
  const stored = new Set<Tensor>();
  const arriving = new Map<Tensor, Site[]>();
  /** Roots that already have a loop of their own in their kernel. */
  const rootsWithLoop = new Set<Tensor>();
  const potential = potentialCosts(order);
  const users = countUsers(order);
  const unpacked = unpackedIn(order);
  const compared = new Set(
    order.flatMap((node) =>
      !isLeaf(node) && pullOf(node)?.comparesInputs ? applyOf(node).inputs.map(behindViews) : [],
    ),
  );

  const mustStore = (node: Tensor, all: readonly Site[]): boolean => {
    if (wanted.has(node) || pullOf(node) === undefined) return true; // an output, or a scatter
    if (potential.get(node) === 0 || isPlainView(node) || isWidening(node)) return false; // another way to read what is stored
    // Products make numbers of stored integers themselves; what else uses these decides as it would alone.
    const sites = unpacked.has(node) ? all.filter(({ isFactor }) => !isFactor) : all;
    if (sites.length === 0) return false;
    if (
      sites.length > maxSites ||
      endsLoop(node, sites) ||
      (isStorage(node.dtype) && sites.length > 1) ||
      (compared.has(node) && sites.length > 1)
    )
      return true;
    if (isLoop(node)) {
      const [site] = sites as [Site];
      if (
        sites.length > 1 ||
        site.isNested ||
        site.weight > 1 ||
        isLoop(site.root) ||
        rootsWithLoop.has(site.root)
      ) {
        return true;
      }
      rootsWithLoop.add(site.root);
      return false;
    }
    const evaluations = sites.reduce((sum, { weight }) => sum + weight, 0);
    return (potential.get(node) as number) * (evaluations - 1) > storeCost;
  };

  /** Whether a node would carry a loop's result into a kernel that has one already: stored, it takes the loop in itself. */
  const endsLoop = (node: Tensor, sites: readonly Site[]): boolean =>
    !isLoop(node) &&
    sites.every(({ root }) => isLoop(root) || rootsWithLoop.has(root)) &&
    applyOf(node).inputs.some((input) => !isLeaf(input) && isLoop(input) && users.get(input) === 1);

  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i] as Tensor;
    if (isLeaf(node)) continue;
    // One site more than allowed says all that inputs need to know.
    const sites = mergeSites(arriving.get(node) ?? []).slice(0, maxSites + 1);
    const isStored = mustStore(node, sites);
    if (isStored) stored.add(node);
    applyOf(node).inputs.forEach((input, position) => {
      if (isLeaf(input)) return;
      const through = sitesThrough(node, position, isStored ? undefined : sites);
      const known = arriving.get(input);
      if (known === undefined) arriving.set(input, through);
      else known.push(...through);
    });
    arriving.delete(node);
  }
  limitKernels(order, stored, capabilities);
  return stored;
};

const countUsers = (order: readonly Tensor[]): ReadonlyMap<Tensor, number> => {
  const users = new Map<Tensor, number>();
  for (const node of order) {
    if (isLeaf(node)) continue;
    for (const input of new Set(applyOf(node).inputs))
      users.set(input, (users.get(input) ?? 0) + 1);
  }
  return users;
};

/** The cost of one element if everything cheap below it were computed in place. */
const potentialCosts = (order: readonly Tensor[]): Map<Tensor, number> => {
  const costs = new Map<Tensor, number>();
  for (const node of order) {
    if (isLeaf(node)) {
      costs.set(node, 0);
      continue;
    }
    const lower = pullOf(node);
    if (lower === undefined || lower.role === "reduce") {
      costs.set(node, 1000);
      continue;
    }
    let cost = lower.cost;
    for (const input of applyOf(node).inputs) {
      const below = costs.get(input) ?? 0;
      cost += below >= 1000 || isStorage(input.dtype) ? 0 : below; // loops are stored, and so is what has a storage dtype
    }
    costs.set(node, Math.min(cost, 999));
  }
  return costs;
};

/** What to store for a node: what it widens, unless that is stored already. */
const narrowForm = (node: Tensor, stored: ReadonlySet<Tensor>): Tensor => {
  if (!isWidening(node)) return node;
  const [input] = applyOf(node).inputs as [Tensor]; // of a conversion
  return isLeaf(input) || stored.has(input) ? node : input;
};

/** Stores further nodes until every kernel keeps to the device's input limit and stays small. */
const limitKernels = (
  order: readonly Tensor[],
  stored: Set<Tensor>,
  { maxInputs }: Capabilities,
): void => {
  /** Buffers that computing a node in place would read, and ops that it would take. */
  const demand = new Map<Tensor, { readonly buffers: ReadonlySet<Tensor>; readonly ops: number }>();
  const demandOf = (node: Tensor) =>
    isLeaf(node) || stored.has(node)
      ? { buffers: new Set([node]), ops: 0 }
      : (demand.get(node) as { buffers: ReadonlySet<Tensor>; ops: number });
  const combined = (node: Tensor) => {
    const buffers = new Set<Tensor>();
    let ops = 1;
    for (const input of new Set(applyOf(node).inputs)) {
      const below = demandOf(input);
      for (const buffer of below.buffers) buffers.add(buffer);
      ops += below.ops;
    }
    return { buffers, ops };
  };
  for (const node of order) {
    if (isLeaf(node)) continue;
    let total = combined(node);
    while (total.buffers.size > maxInputs || total.ops > maxFusedOps) {
      const inputs = applyOf(node).inputs.filter((input) => !isLeaf(input) && !stored.has(input));
      const [first, ...rest] = inputs;
      if (first === undefined) break; // its own inputs are too many: lowering reports it
      const isOverBuffers = total.buffers.size > maxInputs;
      const weight = (input: Tensor): number =>
        isOverBuffers ? demandOf(input).buffers.size : demandOf(input).ops;
      const heaviest = rest.reduce(
        (best, input) => (weight(input) > weight(best) ? input : best),
        first,
      );
      stored.add(narrowForm(heaviest, stored));
      demand.set(heaviest, combined(heaviest)); // less now, if it only widens what is stored
      total = combined(node);
    }
    demand.set(node, total);
  }
};
