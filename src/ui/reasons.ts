// Why exchanges were not mirrored or not compared, and what to do about it: the words of docs/operations.md.
import type { SkipReason } from "../core/skip.ts";
import type { IncomparableReason } from "../core/verdict.ts";

export interface Reason {
  readonly means: string;
  readonly advice: string;
}

export const SKIPPED: Readonly<Record<SkipReason, Reason>> = {
  "stage-off": { means: "the route is in stage off", advice: "nothing, or set the route's stage" },
  "no-candidate": { means: "no candidate is configured", advice: "set upstreams.candidate.url" },
  killed: { means: "the kill switch is on", advice: "turn it off, above, when you want evidence again" },
  method: {
    means: "the route does not mirror this method",
    advice: "nothing: writes are not sent twice unless you say so in mirror.methods",
  },
  "sampled-out": { means: "not in mirror.samplePercent", advice: "nothing, or raise it" },
  "already-shadow": {
    means: "the request is itself another Parallax's mirror",
    advice: "nothing, or find out why a mirror goes through here",
  },
  upgrade: { means: "a WebSocket or other protocol switch", advice: "nothing: it cannot be compared" },
  refused: {
    means: "the request was refused as malformed, too large, or a loop (508)",
    advice: "look at the codes in the log; a loop means that an upstream points back at Parallax",
  },
  brownout: {
    means: "a brownout of a deprecated route answered in place of the legacy",
    advice: "nothing: it is in the route's deprecation.brownouts; parallax callers tells whom it met",
  },
  "primary-failed": {
    means: "who served, nearly always the legacy, gave no whole answer",
    advice: "look at the legacy; on a route that the candidate serves, at the candidate",
  },
  rescued: {
    means: "the candidate served the route, failed before its first byte, and the legacy answered instead",
    advice: "look at the candidate; past the budget the route goes back to the legacy",
  },
  "client-aborted": {
    means: "the client went away",
    advice: "nothing, unless many: is the legacy slower than the clients' patience?",
  },
  "request-overflow": {
    means: "a request body over mirror.requestBytesMax",
    advice: "raise it for that route if it matters",
  },
  "request-unfinished": {
    means: "the legacy answered before the request's body was whole",
    advice: "nothing: there is no whole request to mirror",
  },
  "capture-budget": {
    means: "limits.captureBytesMax of a serving thread is used up: many large bodies at once",
    advice: "raise it if there is memory, or lower mirror.answerBytesMax",
  },
  "seam-full": {
    means: "the ring has no room",
    advice:
      "lower mirror.samplePercent; then give it a core more and threads.shadow: 2; seam.bytes helps with bursts alone",
  },
  "in-flight": {
    means:
      "shadow.inFlightMax mirrors, or shadow.inFlightBytesMax bytes, are under way, or every connection to the candidate is busy",
    advice: "the candidate is slower than the traffic: lower mirror.samplePercent, or raise these",
  },
  "breaker-open": {
    means: "the candidate failed too often in a row",
    advice: "look after the candidate: mirroring begins again by itself once it answers",
  },
  shutdown: { means: "Parallax was stopping", advice: "nothing" },
  "serving-thread-lost": {
    means: "a serving thread died with these under way",
    advice: "look at the last error of the thread below; if it goes on, report it",
  },
  "shadow-thread-lost": {
    means: "a shadow thread died with these under way",
    advice: "look at the last error of the thread below; if it goes on, report it",
  },
};

export const INCOMPARABLE: Readonly<Record<IncomparableReason, Reason>> = {
  overflow: {
    means: "an answer over mirror.answerBytesMax",
    advice: "raise it for that route if it matters; seam.bytes must hold the largest exchange twice",
  },
  "decoded-overflow": {
    means: "a body over compare.decodedBytesMax once decompressed",
    advice: "raise it, or find out who sends such a body",
  },
  "bad-encoding": {
    means: "Content-Encoding is unknown, or the bytes are not what it says",
    advice: "a defect of the upstream that sent it",
  },
  "not-compared": {
    means: "an event stream or a multipart body",
    advice: "nothing; or take the route to stage off",
  },
  depth: { means: "nested deeper than compare.depthMax", advice: "raise it if that is real data" },
  nodes: {
    means: "more JSON values than the judge looks at",
    advice: "nothing; compare such bodies with parallax diff on a sample of them",
  },
  time: {
    means: "not judged within compare.timeMsMax",
    advice: "the machine is short of CPU, or bodies are very unlike: raise it, or lower the sample",
  },
  "candidate-timeout": {
    means: "no whole answer within mirror.deadlineMs or the candidate's own time limits",
    advice: "is the candidate slow, or the limit short?",
  },
  "candidate-unreachable": {
    means: "refused, not resolved, TLS or connect timeout",
    advice: "is it running, at that address, and does it trust our TLS?",
  },
  "candidate-broken": {
    means: "reset, cut, or not valid HTTP",
    advice: "a defect of the candidate; the log has the code",
  },
  "legacy-failed": {
    means: "the candidate served, and the legacy, asked beside it, gave no whole answer",
    advice: "look at the legacy: it is still what everything is compared with",
  },
  "adapter-failed": {
    means: "the route's adapter could not adapt the request's body: it was not sent to the candidate",
    advice: "what do these clients send? docs/adapters.md; the log tells why",
  },
  "rule-failed": {
    means: "a custom rule could not be loaded, threw, hung, or answered neither true nor false",
    advice: "mend its module",
  },
  internal: { means: "a defect of Parallax", advice: "report it, with the log line" },
};
