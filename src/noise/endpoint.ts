// Which endpoint a request belongs to: `GET /users/{id}`. Configured templates first, most literal segments
// winning; then learnt ones (noise/collapse); else each segment by its shape. The query never counts.
// Runs per mirrored exchange: known targets cost a look-up. Every name is bounded in length and in segments.
import { assert } from "../core/assert.ts";
import { segmentShape } from "./segment-shape.ts";

/** Targets remembered; then the cache begins anew. */
const CACHE_MAX = 4096;
/** Longer paths are not remembered, so that the cache's memory is bounded as well. */
const CACHED_CHARS_MAX = 256;
/** Segments past this become one `**`. */
const SEGMENTS_MAX = 16;
/** Of a longer path, what lies beyond is not looked at: it ends in `**`. */
const PATH_CHARS_MAX = 2048;
/** A longer method is no method that anybody registered. */
const METHOD_CHARS_MAX = 16;

interface Template {
  /** Undefined for all methods. */
  readonly method: string | undefined;
  readonly segments: readonly string[];
  readonly text: string;
}

function isParameter(segment: string): boolean {
  return segment === "*" || (segment.startsWith("{") && segment.endsWith("}"));
}

function parseTemplate(text: string): Template {
  const match = /^(?:(?<method>[^\s/]+) +)?(?<path>\/.*)$/.exec(text.trim());
  const path = match?.groups?.["path"];
  assert(
    path !== undefined,
    `an endpoint template is "/path" or "METHOD /path", found ${JSON.stringify(text)}`,
  );
  return {
    method: match?.groups?.["method"]?.toUpperCase(),
    segments: path.split("/").slice(1),
    text: path,
  };
}

/** One level of the template tree. */
interface Branch {
  readonly literals: Map<string, Branch>;
  parameter: Branch | undefined;
  /** By method; `""` for all. */
  readonly templates: Map<string, Template>;
  /** Templates that end here in `**`. */
  readonly rest: Map<string, Template>;
}

function newBranch(): Branch {
  return { literals: new Map(), parameter: undefined, templates: new Map(), rest: new Map() };
}

function plant(root: Branch, template: Template): void {
  let branch = root;
  const method = template.method ?? "";
  for (const segment of template.segments) {
    if (segment === "**") {
      if (!branch.rest.has(method)) branch.rest.set(method, template);
      return;
    }
    let next: Branch | undefined;
    if (isParameter(segment)) {
      next = branch.parameter ?? newBranch();
      branch.parameter = next;
    } else {
      next = branch.literals.get(segment) ?? newBranch();
      branch.literals.set(segment, next);
    }
    branch = next;
  }
  if (!branch.templates.has(method)) branch.templates.set(method, template);
}

function pick(templates: ReadonlyMap<string, Template>, method: string): Template | undefined {
  return templates.get(method) ?? templates.get("");
}

/** Branches still looked at per level: literal before parameter, so the first that fits is the most literal. */
const BRANCHES_MAX = 64;

function findTemplate(root: Branch, method: string, segments: readonly string[]): Template | undefined {
  let level: Branch[] = [root];
  let rest: Template | undefined;
  for (const segment of segments) {
    const next: Branch[] = [];
    let restHere: Template | undefined;
    for (const branch of level) {
      restHere ??= pick(branch.rest, method);
      const literal = branch.literals.get(segment);
      if (literal !== undefined) next.push(literal);
      if (branch.parameter !== undefined && segment !== "") next.push(branch.parameter);
    }
    rest = restHere ?? rest;
    if (next.length === 0) return rest;
    level = next.slice(0, BRANCHES_MAX);
  }
  for (const branch of level) {
    const found = pick(branch.templates, method) ?? pick(branch.rest, method);
    if (found !== undefined) return found;
  }
  return rest;
}

/** The path of a request target: origin or absolute form, without query and fragment. */
function pathOf(target: string): string {
  const end = target.search(/[?#]/);
  let path = end < 0 ? target : target.slice(0, end);
  const scheme = path.indexOf("://");
  if (scheme > 0) {
    const slash = path.indexOf("/", scheme + 3);
    path = slash < 0 ? "/" : path.slice(slash);
  }
  return path;
}

function shapeOf(path: string): string {
  if (!path.startsWith("/")) return path === "*" ? "*" : "/";
  const isLong = path.length > PATH_CHARS_MAX;
  const segments = (isLong ? path.slice(0, PATH_CHARS_MAX) : path).split("/").slice(1);
  const kept = segments.slice(0, SEGMENTS_MAX);
  const shaped = kept.map(segmentShape);
  if (isLong || segments.length > SEGMENTS_MAX) {
    if (segments.length <= SEGMENTS_MAX) shaped.pop();
    shaped.push("**");
  }
  return `/${shaped.join("/")}`;
}

function plantAll(templates: readonly string[]): Branch | undefined {
  if (templates.length === 0) return undefined;
  const root = newBranch();
  for (const text of templates) plant(root, parseTemplate(text));
  return root;
}

/**
 * Compiles path templates (`GET /users/{id}`, `/users/{id}`; a last `**` for any number of segments) into the
 * function that names a request's endpoint. What was learnt counts where no configured template fits. Throws on a
 * template that is none: config refuses those.
 */
export function compileEndpoints(
  templates: readonly string[],
  learned: readonly string[] = [],
): (method: string, target: string) => string {
  const roots = [plantAll(templates), plantAll(learned)].filter((root) => root !== undefined);
  let cache = new Map<string, string>();

  const nameEndpoint = (method: string, path: string): string => {
    if (roots.length > 0 && path.length <= PATH_CHARS_MAX) {
      const segments = path.split("/").slice(1);
      for (const root of roots) {
        const template = findTemplate(root, method, segments);
        if (template !== undefined) return `${method} ${template.text}`;
      }
    }
    return `${method} ${shapeOf(path)}`;
  };

  return (method, target) => {
    const path = pathOf(target);
    const shownMethod = method.length <= METHOD_CHARS_MAX ? method : "OTHER";
    if (path.length > CACHED_CHARS_MAX) return nameEndpoint(shownMethod, path);
    const key = `${shownMethod} ${path}`;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const endpoint = nameEndpoint(shownMethod, path);
    if (cache.size >= CACHE_MAX) cache = new Map();
    cache.set(key, endpoint);
    return endpoint;
  };
}
