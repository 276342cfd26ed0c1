// The frozen routing decision and every setting the threads act on: plain data, cloned to each thread
// whole, replaced whole, acknowledged by epoch. Config builds it; nobody changes it.
import type { AdapterSettings } from "./adapters.ts";
import type { Condition, RequestValue } from "./condition.ts";
import type { DeprecationSettings } from "./deprecation.ts";
import type { Rule } from "./rule.ts";

export type { Condition, RequestValue } from "./condition.ts";

/** Where a route is, in their order. From `canary` on, the candidate serves: some clients, then all. */
export const STAGES = ["off", "shadow", "canary", "ramp", "live", "complete"] as const;
export type Stage = (typeof STAGES)[number];

/** The candidate serves some, or all. */
export function isServingStage(stage: Stage): boolean {
  return stage !== "off" && stage !== "shadow";
}

/** What is bucketed: `kind` is part of the hash, and of what explain says. */
export interface UnitKind {
  readonly kind: string;
  readonly from: RequestValue;
}

/** All conditions hold. Without any, nobody is in it. */
export interface Cohort {
  readonly name: string;
  readonly conditions: readonly Condition[];
}

export interface RescueSettings {
  readonly isOn: boolean;
  /** Of the candidate, read as failures: the legacy answers instead. */
  readonly statuses: readonly number[];
  /** How long the candidate may take to its first byte before the legacy is asked. */
  readonly afterMs: number;
  /** Of the requests sent to the candidate within ten seconds, how many may be rescued; past it the route trips. */
  readonly budgetPercent: number;
  /** As many may be, however few the requests. */
  readonly budgetMin: number;
}

/** Who of a route's clients is served by the candidate. Said at every stage; the stage says whether it counts. */
export interface RouteRollout {
  /** The epoch from which the route's step is in force: what was decided before it is no evidence of the step. */
  readonly since: number;
  /** Of the units, in hundredths of a percent: 0 to 10,000. */
  readonly basisPoints: number;
  /** The migration's id: what makes one bucketing differ from another. Never changed after first exposure. */
  readonly salt: string;
  /** The first that a request has counts; without any it is the legacy's. */
  readonly units: readonly UnitKind[];
  readonly deny: readonly Cohort[];
  readonly allow: readonly Cohort[];
  readonly cohorts: readonly Cohort[];
  readonly rescue: RescueSettings;
  /** Failures of the candidate in a row, on one thread, that take the route back to the legacy. */
  readonly tripwireFailures: number;
}

/** Where claims of a bearer token come from. `unverified`: whoever sends a token may claim anything. */
export interface JwtSettings {
  readonly trust: "verified" | "unverified";
  /** JSON Web Keys (RFC 7517), public ones; of HS… the secret. Empty when unverified. */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** A header by which trusted clients choose: `legacy` or `candidate`. Always taken out of the request. */
export interface OverrideSettings {
  /** Lower case. */
  readonly header: string;
  /** CIDR of who is believed; empty: nobody. */
  readonly networks: readonly string[];
}

export interface UpstreamTls {
  /** PEM text of extra certificate authorities; empty for the system's. */
  readonly ca: string;
  readonly servername: string;
  readonly verify: boolean;
}

export interface UpstreamSettings {
  readonly name: "legacy" | "candidate" | "baseline";
  readonly host: string;
  readonly port: number;
  /** Undefined for `http://`. */
  readonly tls: UpstreamTls | undefined;
  /** The Host header it gets: the client's own (`preserve`), or this text. */
  readonly hostHeader: "preserve" | string;
  readonly connectionsMax: number;
  /** Requests that may wait for a connection; one more is refused. */
  readonly queueMax: number;
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly bodyIdleTimeoutMs: number;
  /** An idle connection is closed after this long: shorter than the upstream's own limit. */
  readonly idleTimeoutMs: number;
}

export interface MirrorSettings {
  /** Upper-case methods that are mirrored. */
  readonly methods: readonly string[];
  /** 0..100; which exchanges of the route are mirrored, at random. */
  readonly samplePercent: number;
  readonly requestBytesMax: number;
  readonly answerBytesMax: number;
  /** From admission until the whole answer is there. */
  readonly deadlineMs: number;
  readonly setHeaders: readonly (readonly [name: string, value: string])[];
  /** Lower-case names. */
  readonly removeHeaders: readonly string[];
  /** What Authorization and Cookie become on the shadow leg: kept, or taken away. */
  readonly credentials: "keep" | "strip";
  readonly hostHeader: "preserve" | string;
  /** A target that begins with `from` begins with `to` on the shadow leg. */
  readonly pathRewrite: { readonly from: string; readonly to: string } | undefined;
}

export interface CompareSettings {
  /** Lower-case names of the headers that are compared. */
  readonly headers: readonly string[];
  /** `class`: 200 and 204 are the same. */
  readonly status: "exact" | "class";
  /** The route's rules first, then the global ones: the index in here is the rule's index everywhere. */
  readonly rules: readonly Rule[];
  readonly decodedBytesMax: number;
  readonly depthMax: number;
  readonly differencesMax: number;
  readonly timeMsMax: number;
}

export interface RouteSettings {
  /** Stable across reloads: counters are kept under it. */
  readonly slot: number;
  readonly name: string;
  readonly match: {
    /** A path template: literal segments, `{name}` or `*` for one, a last `**` for any number. */
    readonly path: string;
    /** Upper case; empty means all. */
    readonly methods: readonly string[];
    /** Lower case, without port; empty means all. */
    readonly hosts: readonly string[];
  };
  readonly stage: Stage;
  readonly mirror: MirrorSettings;
  readonly compare: CompareSettings;
  readonly contract: ContractSettings | undefined;
  readonly rollout: RouteRollout;
  /** Undefined or left out: the legacy stays. */
  readonly deprecation?: DeprecationSettings | undefined;
  /** Undefined or left out: clients speak as the candidate does. */
  readonly adapters?: AdapterSettings | undefined;
}

/** The contract that a route's candidate answers to. */
export interface ContractSettings {
  /** The file's name, for people. */
  readonly name: string;
  readonly version: string;
  /** What tells documents apart: threads compile each once. */
  readonly digest: string;
  /** A ContractDocument (contract/): plain JSON, every reference inside, a circle still a reference. */
  readonly document: unknown;
}

export interface NoiseSettings {
  /** Where the second answer of the legacy comes from; `off` measures no noise. */
  readonly baseline: "off" | "self" | "upstream";
  /** 0..100: share of the mirrored safe exchanges that the baseline gets as well. */
  readonly samplePercent: number;
  /** Places per endpoint that are counted apart; the rest count as `*other*`. */
  readonly pathsPerEndpointMax: number;
  /** A difference that is gone when both are read again is `transient`. */
  readonly recheck: {
    /** 0..100: share of the mismatches of safe exchanges that are read again; 0 reads none. */
    readonly samplePercent: number;
    readonly delayMs: number;
  };
}

/** What is known by its looks: card numbers, e-mail addresses, bearer tokens and JWTs, API keys. */
export const DETECTORS = ["card", "email", "bearer", "key"] as const;
export type Detector = (typeof DETECTORS)[number];

export interface RedactSettings {
  /** Lower-case header names whose values are never stored. */
  readonly headers: readonly string[];
  /** Pointers with `*` and `**` whose values are never stored. */
  readonly pointers: readonly string[];
  /** Query parameter names whose values are never stored. */
  readonly queryParameters: readonly string[];
  /** What is never stored wherever it stands. */
  readonly detectors: readonly Detector[];
}

/** Where, what and how much of what is served is recorded as files. */
export interface RecordSettings {
  readonly dir: string;
  readonly samplePercent: number;
  /** Undefined: those that the route mirrors. */
  readonly methods: readonly string[] | "all" | undefined;
  readonly fileBytesMax: number;
  readonly filesMax: number;
  readonly compress: boolean;
}

export interface Limits {
  readonly headBytesMax: number;
  readonly targetBytesMax: number;
  readonly headerLinesMax: number;
  /** Per serving thread. */
  readonly clientConnectionsMax: number;
  /** Bytes that a serving thread may keep for mirrors at once. */
  readonly captureBytesMax: number;
  /** Endpoints kept apart; the rest count as `*other*`. */
  readonly endpointsMax: number;
  readonly signaturesPerEndpointMax: number;
}

export interface ClientTimeouts {
  readonly headMs: number;
  readonly idleMs: number;
  readonly bodyIdleMs: number;
  /** After SIGTERM, how long exchanges under way may take. */
  readonly drainMs: number;
}

export interface ShadowSettings {
  /** Mirrors under way per shadow thread; one more is skipped. */
  readonly inFlightMax: number;
  /** Bytes of exchanges under way per shadow thread; past it, exchanges are skipped. */
  readonly inFlightBytesMax: number;
  readonly breaker: {
    /** Failures in a row that open it. */
    readonly failuresToOpen: number;
    /** How long it stays open before one probe is let through. */
    readonly openMs: number;
  };
}

export interface Snapshot {
  /** The version of the decision: grows by one with each change. */
  readonly epoch: number;
  /** Random per process: recognises a request that comes back (508). */
  readonly instanceId: string;
  readonly isKilled: boolean;
  readonly upstreams: {
    readonly legacy: UpstreamSettings;
    readonly candidate: UpstreamSettings | undefined;
    readonly baseline: UpstreamSettings | undefined;
  };
  /** With the route in slot 0, `*other*` (core/other), for what no other route matches. */
  readonly routes: readonly RouteSettings[];
  /** Path templates from the config, `GET /users/{id}` or `/users/{id}`, tried before shapes. */
  readonly endpointTemplates: readonly string[];
  /** Templates that were found by the number of names at one place: tried after the config's. */
  readonly learnedTemplates: readonly string[];
  readonly noise: NoiseSettings;
  readonly limits: Limits;
  readonly clientTimeouts: ClientTimeouts;
  readonly shadow: ShadowSettings;
  readonly redact: RedactSettings;
  readonly record: RecordSettings | undefined;
  readonly jwt: JwtSettings | undefined;
  readonly override: OverrideSettings;
  /** Newest samples kept per signature. */
  readonly samplesPerSignature: number;
  /** Of one stored sample as JSON; bodies are cut to it. */
  readonly sampleBytesMax: number;
  /** Client networks (CIDR) whose X-Forwarded-* is believed and continued. */
  readonly trustedProxies: readonly string[];
  /** `x-parallax-served-by` towards clients. */
  readonly servedByHeader: boolean;
}
