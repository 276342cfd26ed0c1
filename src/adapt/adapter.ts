// A route's adapter, compiled once per snapshot: what becomes of heads, and of bodies that are JSON. The serving
// thread and the shadow thread use the same one, so that what is compared is what clients get. Pure.
import type { Buffer } from "node:buffer";
import type {
  AdapterOperation,
  AdapterSettings,
  BodyOperation,
  NamedOperation,
  StatusOperation,
} from "../core/adapters.ts";
import { assertNever } from "../core/assert.ts";
import { bodyFormOf } from "../core/media-type.ts";
import { BodyAdapter } from "./adapt-body.ts";
import { HeadText } from "./head-text.ts";
import { adaptTarget } from "./query.ts";

/** Of the very bytes of a body (RFC 9530 and what came before it): wrong once it is another one. */
const DIGESTS = ["content-md5", "digest", "content-digest", "repr-digest"] as const;
const NOT_MODIFIED = 304;
const PARTIAL = 206;
/** What a status says of framing or of the body's nature cannot be said by another one. */
const BOUND_STATUSES: readonly number[] = [204, 205, PARTIAL, NOT_MODIFIED];

/** What is to be done with a body. */
export type BodyPlan =
  /** It is none of the adapter's. */
  | { readonly kind: "leave" }
  /** It is taken whole, and adapted. */
  | { readonly kind: "adapt" }
  | { readonly kind: "failed"; readonly why: string };

const LEAVE: BodyPlan = { kind: "leave" };
const ADAPT: BodyPlan = { kind: "adapt" };

const isOn = <O extends AdapterOperation["on"]>(on: O) => {
  return (operation: AdapterOperation): operation is Extract<AdapterOperation, { on: O }> =>
    operation.on === on;
};
const isOnHeader = (operation: AdapterOperation): operation is NamedOperation => operation.on === "header";
const isOnQuery = (operation: AdapterOperation): operation is NamedOperation => operation.on === "query";

function planFor(head: HeadText, body: BodyAdapter): BodyPlan {
  if (body.isEmpty) return LEAVE;
  const form = bodyFormOf(head.get("content-type"));
  if (form === "ndjson" || form === "json-seq")
    return { kind: "failed", why: "records of JSON are not adapted" };
  if (form !== "json" && form !== "unsaid") return LEAVE;
  const coding = head.get("content-encoding");
  if (coding !== undefined && coding.toLowerCase() !== "identity")
    return { kind: "failed", why: "the body is encoded (Content-Encoding)" };
  if (Number(head.get("content-length")) > body.bytesMax)
    return { kind: "failed", why: `the body is larger than ${body.bytesMax} bytes` };
  return ADAPT;
}

function applyToHeaders(head: HeadText, operations: readonly NamedOperation[]): void {
  for (const operation of operations) {
    const { name } = operation;
    switch (operation.kind) {
      case "rename":
        head.rename(name, operation.to);
        break;
      case "remove":
        head.remove(name);
        break;
      case "default":
        if (head.get(name) === undefined) head.add(name, operation.value);
        break;
      case "constant":
        head.set(name, operation.value);
        break;
      default:
        assertNever(operation);
    }
  }
}

/** The body is `bodyBytes` of other content now, and known whole. */
function frame(head: HeadText, bodyBytes: number): void {
  head.remove(...DIGESTS, "transfer-encoding", "trailer", "accept-ranges");
  head.set("content-length", String(bodyBytes));
}

export class RequestAdapter {
  readonly body: BodyAdapter;
  readonly #headers: readonly NamedOperation[];
  readonly #query: readonly NamedOperation[];
  readonly #answersWholeAndPlain: boolean;

  constructor({ request, response, bodyBytesMax }: AdapterSettings) {
    this.body = new BodyAdapter(request.filter<BodyOperation>(isOn("body")), bodyBytesMax);
    this.#headers = request.filter(isOnHeader);
    this.#query = request.filter(isOnQuery);
    this.#answersWholeAndPlain = response.some(isOn("body"));
  }

  planFor(head: Buffer): BodyPlan {
    return planFor(new HeadText(head), this.body);
  }

  /** The client sends the body only when it is told to (RFC 9110 §10.1.1). */
  isContinueAwaited(head: Buffer): boolean {
    return new HeadText(head).get("expect")?.toLowerCase() === "100-continue";
  }

  /** `bodyBytes`: of the adapted body; undefined where the body goes on as it came, in the framing it has. */
  adaptHead(bytes: Buffer, bodyBytes: number | undefined): Buffer {
    const head = new HeadText(bytes);
    const [method = "", target = "", version = ""] = head.first.split(" ");
    head.first = `${method} ${adaptTarget(target, this.#query)} ${version}`;
    if (this.#answersWholeAndPlain) {
      // What is adapted must be read: no coding, no part of it.
      head.remove("range", "if-range");
      head.set("accept-encoding", "identity");
    }
    if (bodyBytes !== undefined) {
      frame(head, bodyBytes);
      // The body follows at once.
      if (head.get("expect")?.toLowerCase() === "100-continue") head.remove("expect");
    }
    applyToHeaders(head, this.#headers);
    return head.bytes();
  }
}

export class AnswerAdapter {
  readonly body: BodyAdapter;
  readonly #headers: readonly NamedOperation[];
  readonly #statuses: readonly StatusOperation[];

  constructor({ response, bodyBytesMax }: AdapterSettings) {
    this.body = new BodyAdapter(response.filter<BodyOperation>(isOn("body")), bodyBytesMax);
    this.#headers = response.filter(isOnHeader);
    this.#statuses = response.filter<StatusOperation>(isOn("status"));
  }

  /** Of an answer that has a body. */
  planFor(bytes: Buffer): BodyPlan {
    const head = new HeadText(bytes);
    const plan = planFor(head, this.body);
    const isPart = statusOf(head) === PARTIAL || head.get("content-range") !== undefined;
    return plan.kind === "adapt" && isPart ? { kind: "failed", why: "the answer is a part of one" } : plan;
  }

  /**
   * `bodyBytes`: of the adapted body; `same` where it goes on as it came; `none` where there is none, to a HEAD too,
   * so that what would have been its length is not known.
   */
  adaptHead(bytes: Buffer, bodyBytes: number | "same" | "none"): Buffer {
    const head = new HeadText(bytes);
    const status = statusOf(head);
    if (!this.body.isEmpty && bodyBytes !== "same") {
      const isAdapted = bodyBytes !== "none" || planFor(head, this.body).kind === "adapt";
      if (isAdapted || status === NOT_MODIFIED) weakenTag(head);
      if (isAdapted && bodyBytes === "none") {
        head.remove(...DIGESTS, "accept-ranges");
        if (head.get("content-length") !== "0") head.remove("content-length");
      }
      if (bodyBytes !== "none") frame(head, bodyBytes);
    }
    const mapped = this.#statusFor(status);
    // A reason phrase says nothing (RFC 9112 §4); the old one would say what is not so.
    if (mapped !== status) head.first = `HTTP/1.1 ${mapped} `;
    applyToHeaders(head, this.#headers);
    return head.bytes();
  }

  #statusFor(status: number): number {
    if (BOUND_STATUSES.includes(status)) return status;
    const found = this.#statuses.find(({ from }) => from === status || from === Math.floor(status / 100));
    return found?.to ?? status;
  }
}

function statusOf({ first }: HeadText): number {
  return Number(first.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length));
}

/** Not byte for byte what the service named with it (RFC 9110 §8.8.1). */
function weakenTag(head: HeadText): void {
  const tag = head.get("etag");
  if (tag?.startsWith('"') === true) head.set("etag", `W/${tag}`);
}

/** Both directions of a route's adapter. */
export class Adapter {
  readonly request: RequestAdapter;
  readonly answer: AnswerAdapter;
  readonly passes: boolean;

  constructor(settings: AdapterSettings) {
    this.request = new RequestAdapter(settings);
    this.answer = new AnswerAdapter(settings);
    this.passes = settings.onFailure === "pass";
  }
}
