// The shadow leg to the candidate for a client that the route's adapter is for: what is sent, and what is judged, is
// what it would be if the candidate served this client.
import { Buffer } from "node:buffer";
import type { Adapter } from "../adapt/adapter.ts";
import { errorAnswer } from "../wire/error-answer.ts";
import type { MirrorAnswer } from "./mirror.ts";

const END_OF_HEAD = "\r\n\r\n";

export interface MirrorRequest {
  readonly head: Buffer;
  readonly body: Buffer;
}

/** Answers why it cannot be adapted, where it would not be sent. */
export function adaptedRequest(
  { request, passes }: Adapter,
  { head, body }: MirrorRequest,
): MirrorRequest | string {
  const plan = body.length === 0 ? undefined : request.planFor(head);
  const outcome = plan?.kind === "adapt" ? request.body.adapt(body) : plan;
  if (outcome?.kind === "failed" && !passes) return outcome.why;
  if (outcome?.kind !== "adapted") return { head: request.adaptHead(head, undefined), body };
  return { head: request.adaptHead(head, outcome.body.length), body: outcome.body };
}

/** What the client would get in its place: where it cannot be adapted, Parallax's own answer. */
export function adaptedAnswer({ answer, passes }: Adapter, from: MirrorAnswer): MirrorAnswer {
  const { head, body, capture } = from;
  if (capture !== "complete" || body.length === 0)
    return {
      ...from,
      head: answer.adaptHead(head, body.length === 0 && capture !== "overflow" ? "none" : "same"),
    };
  const plan = answer.planFor(head);
  const outcome = plan.kind === "adapt" ? answer.body.adapt(body) : plan;
  switch (outcome.kind) {
    case "leave":
      return { ...from, head: answer.adaptHead(head, "same") };
    case "unchanged":
      return { ...from, head: answer.adaptHead(head, body.length) };
    case "adapted":
      return { ...from, head: answer.adaptHead(head, outcome.body.length), body: outcome.body };
    default:
      return passes ? { ...from, head: answer.adaptHead(head, "same") } : { ...from, ...refused() };
  }
}

function refused(): MirrorRequest {
  const whole = errorAnswer("adapter-failed", { isLast: false, isHeadRequest: false, isNamed: false });
  const end = whole.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
  return { head: whole.subarray(0, end), body: Buffer.from(whole.subarray(end)) };
}
