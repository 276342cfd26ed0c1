// Finds the places of a path where many names stand, and learns templates for them: `GET /users/{user}`. Works on
// the endpoint names that batches bring, on the control thread. What it learns depends on the names and on how often
// they came, not on their order, as long as it is asked after them. Bounded: past a limit it learns no more.
import { OTHER } from "../core/other.ts";
import { compileEndpoints } from "./endpoint.ts";
import {
  type Continuation,
  continuationsOf,
  countNodes,
  endsBelow,
  exchangesAt,
  exchangesBelow,
  isParameterSegment,
  mergeNodes,
  type NameNode,
  NOTHING_MORE,
  newNameNode,
} from "./name-tree.ts";
import { isOperation, isValueLike, parameterName } from "./variable-segment.ts";

/** Segments in the tree; a name that would need more is not looked at. */
const NODES_MAX = 65_536;
/** A longer name is not looked at: it ends in `**` anyhow, or nobody reads it. */
const NAME_CHARS_MAX = 512;
/** Templates learnt; then learning ends. */
const LEARNED_MAX = 1024;
/** A sibling that is a value by its shape counts as so many names that look like values. */
const SHAPE_AS_VALUES = 4;
/** Exchanges over all names at one place, before it is judged. */
const EXCHANGES_MIN = 100;
/** Names at one place that look like values. */
const VALUES_MIN = 8;
/** Names that go on with the same literal and little else: `/{tenant}/reports`. Collections have ids, which differ. */
const SAME_LITERAL_MIN = 8;
/** Names that end there. An API with more words at one place than this should say so in its config. */
const ENDING_MIN = 24;
/** Names that go on with the same kind of value: as many collections of a REST API may well be. */
const SAME_SHAPE_MIN = 64;
/** A word with so many exchanges of its own below it is a literal: `/users/search/recent`. */
const OWN_EXCHANGES_MIN = 8;
/** A word with this many times the exchanges of the next is a literal: `/users/me`. Popular names fall off slower. */
const FREQUENT_FACTOR = 3;
/** Such words at one place at most. */
const FREQUENT_MAX = 4;
/** Names of segment shapes (noise/segment-shape), which are no learnt parameters. */
const SHAPE_NAMES = [
  "{id}",
  "{uuid}",
  "{hex}",
  "{ulid}",
  "{date}",
  "{number}",
  "{email}",
  "{locale}",
  "{token}",
];

export interface LearntTemplate {
  /** `GET /users/{user}`. */
  readonly template: string;
  /** Endpoint names that are this one from now on, earlier learnt templates among them. */
  readonly absorbs: readonly string[];
}

export interface EndpointLearnerOptions {
  /** The config's templates: these names are as they should be. */
  readonly configured?: readonly string[];
  /** What was learnt in an earlier life. */
  readonly learned?: readonly string[];
}

interface Literal {
  readonly segment: string;
  readonly node: NameNode;
  readonly continuations: readonly Continuation[];
}

function startsAlike(node: NameNode, segments: readonly string[], at: number): boolean {
  const next = segments[at];
  if (next === undefined) return node.ends.size > 0;
  return node.children.has(next) || node.parameter !== undefined;
}

/** Continuations that so many different names share that the names are values. */
function sharedContinuations(node: NameNode, literals: readonly Literal[]): ReadonlySet<Continuation> {
  const sharing = new Map<Continuation, { names: number; values: number }>();
  for (const [segment, child] of node.children) {
    if (!SHAPE_NAMES.includes(segment)) continue;
    for (const continuation of continuationsOf(child))
      sharing.set(continuation, { names: SHAPE_AS_VALUES, values: SHAPE_AS_VALUES });
  }
  for (const { segment, continuations } of literals) {
    for (const continuation of continuations) {
      const count = sharing.get(continuation) ?? { names: 0, values: 0 };
      count.names++;
      if (isValueLike(segment)) count.values++;
      sharing.set(continuation, count);
    }
  }
  const isShared = (continuation: Continuation, { names, values }: { names: number; values: number }) => {
    if (values >= VALUES_MIN && 2 * values >= names) return true;
    if (continuation === NOTHING_MORE) return names >= ENDING_MIN;
    return names >= (isParameterSegment(continuation) ? SAME_SHAPE_MIN : SAME_LITERAL_MIN);
  };
  return new Set([...sharing].filter(([key, count]) => isShared(key, count)).map(([key]) => key));
}

/** The names at one place that are values; words of the API among them are left out. */
function findValues(literals: readonly Literal[], shared: ReadonlySet<Continuation>): readonly Literal[] {
  const alike = literals.filter(({ node, continuations }) => {
    const own = continuations.filter((continuation) => !shared.has(continuation));
    const ownExchanges = own.reduce((sum, continuation) => sum + exchangesAt(node, continuation), 0);
    return own.length < continuations.length && ownExchanges < OWN_EXCHANGES_MIN;
  });
  const weights = alike.map(({ node }) => exchangesBelow(node));
  if (weights.reduce((sum, weight) => sum + weight, 0) < EXCHANGES_MIN) return [];
  const sorted = [...weights].sort((a, b) => b - a);
  let frequentMin = Number.POSITIVE_INFINITY;
  for (let rank = 0; rank < FREQUENT_MAX && rank + 1 < sorted.length; rank++) {
    const weight = sorted[rank] as number;
    if (weight >= FREQUENT_FACTOR * (sorted[rank + 1] as number)) frequentMin = weight;
  }
  return alike.filter((_, index) => (weights[index] as number) < frequentMin);
}

export class EndpointLearner {
  readonly #root = newNameNode();
  readonly #configured: ReadonlySet<string>;
  readonly #learned = new Set<string>();
  #nodes = 0;
  #exchanges = 0;
  #exchangesLearntAt = 0;
  #hasNewNames = false;

  constructor({ configured = [], learned = [] }: EndpointLearnerOptions = {}) {
    this.#configured = new Set(configured.map((template) => template.slice(template.indexOf("/"))));
    for (const template of learned.slice(0, LEARNED_MAX)) {
      this.#learned.add(template);
      this.#plant(template);
    }
  }

  /** All templates that count, for `compileEndpoints`: without those that a later one absorbed. */
  get learned(): readonly string[] {
    return [...this.#learned].sort();
  }

  /** `endpoint` as `compileEndpoints` names it; `exchanges` that it had since it was last seen. */
  see(endpoint: string, exchanges: number): void {
    const path = endpoint.slice(endpoint.indexOf("/"));
    if (endpoint === OTHER || endpoint.length > NAME_CHARS_MAX || this.#configured.has(path)) return;
    const space = endpoint.indexOf(" /");
    if (space < 0 || endpoint.endsWith("*")) return;
    const node = this.#find(endpoint.slice(space + 2).split("/"));
    if (node === undefined) return;
    const method = endpoint.slice(0, space);
    let end = node.ends.get(method);
    if (end === undefined) {
      end = { exchanges: 0, names: new Set() };
      node.ends.set(method, end);
    }
    end.exchanges += exchanges;
    this.#exchanges += exchanges;
    if (end.names.has(endpoint)) return;
    end.names.add(endpoint);
    this.#hasNewNames = true;
  }

  /**
   * What is new since it was last asked. A template comes again when names that it absorbs came late; one with
   * nothing to absorb keeps a literal beside a parameter.
   */
  take(): readonly LearntTemplate[] {
    if (this.#learned.size >= LEARNED_MAX) return [];
    // Old names may have become worth a judgement by being seen more often: looked at again when all have doubled.
    if (!this.#hasNewNames && this.#exchanges < 2 * this.#exchangesLearntAt) return [];
    this.#hasNewNames = false;
    this.#exchangesLearntAt = this.#exchanges;
    this.#collapse(this.#root, []);
    this.#nodes = countNodes(this.#root);
    const taken = this.#takeAbsorbed();
    return taken.length === 0 ? taken : [...taken, ...this.#keepLiterals()];
  }

  #plant(template: string): void {
    const space = template.indexOf(" /");
    if (space < 0) return;
    let node = this.#root;
    for (const segment of template.slice(space + 2).split("/")) {
      if (isParameterSegment(segment) && !SHAPE_NAMES.includes(segment)) node.parameter = segment;
      node = node.children.get(segment) ?? this.#grow(node, segment);
    }
    node.ends.set(template.slice(0, space), { exchanges: 0, names: new Set([template]) });
  }

  #grow(node: NameNode, segment: string): NameNode {
    const child = newNameNode();
    node.children.set(segment, child);
    this.#nodes++;
    return child;
  }

  /** Where a name ends: along its literals, and along learnt parameters where these go on as the name does. */
  #find(segments: readonly string[]): NameNode | undefined {
    let node = this.#root;
    for (const [at, segment] of segments.entries()) {
      const parameter = node.parameter === undefined ? undefined : node.children.get(node.parameter);
      const literal = node.children.get(segment);
      if (literal !== undefined) node = literal;
      else if (parameter !== undefined && segment !== "" && startsAlike(parameter, segments, at + 1))
        node = parameter;
      else if (this.#nodes + segments.length - at > NODES_MAX) return undefined;
      else node = this.#grow(node, segment);
    }
    return node;
  }

  #collapse(node: NameNode, path: readonly string[]): void {
    const literals: Literal[] = [];
    for (const [segment, child] of node.children)
      if (segment !== "" && !isParameterSegment(segment) && !isOperation(segment))
        literals.push({ segment, node: child, continuations: continuationsOf(child) });
    const values = findValues(literals, sharedContinuations(node, literals));
    if (values.length > 0) this.#fold(node, { path, values });
    for (const [segment, child] of node.children) this.#collapse(child, [...path, segment]);
  }

  #fold(node: NameNode, { path, values }: { path: readonly string[]; values: readonly Literal[] }): void {
    node.parameter ??= parameterName(path.at(-1), path);
    const parameter = node.children.get(node.parameter) ?? this.#grow(node, node.parameter);
    for (const { segment, node: value } of values) {
      mergeNodes(value, parameter);
      node.children.delete(segment);
    }
    // The template takes over what is a value by its shape, too, where that goes on in the same way.
    const known = new Set(continuationsOf(parameter));
    for (const [segment, shaped] of [...node.children]) {
      if (!isParameterSegment(segment) || shaped === parameter) continue;
      mergeNodes(shaped, parameter, (continuation) => known.has(continuation));
      if (continuationsOf(shaped).length === 0) node.children.delete(segment);
    }
  }

  #takeAbsorbed(): LearntTemplate[] {
    const taken: LearntTemplate[] = [];
    for (const { template, end } of endsBelow(this.#root)) {
      const absorbs = [...end.names].filter((name) => name !== template).sort();
      if (absorbs.length === 0 || this.#learned.size >= LEARNED_MAX) continue;
      for (const name of absorbs) {
        this.#learned.delete(name);
        end.names.delete(name);
      }
      end.names.add(template);
      this.#learned.add(template);
      taken.push({ template, absorbs });
    }
    return taken.sort((a, b) => (a.template < b.template ? -1 : 1));
  }

  /** A name that a new template would take over though it was kept apart becomes a template of its own. */
  #keepLiterals(): LearntTemplate[] {
    const nameOf = compileEndpoints([], this.learned);
    const kept: string[] = [];
    for (const { template } of endsBelow(this.#root)) {
      const space = template.indexOf(" ");
      if (this.#learned.has(template) || this.#learned.size >= LEARNED_MAX) continue;
      if (nameOf(template.slice(0, space), template.slice(space + 1)) === template) continue;
      this.#learned.add(template);
      kept.push(template);
    }
    return kept.sort().map((template) => ({ template, absorbs: [] }));
  }
}
