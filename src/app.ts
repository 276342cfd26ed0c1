// The composition root: the one file that names every area, and joins them into a running Parallax.
//
//   config → snapshot → threads (serving ⇄ seam ⇄ shadow) → batches → store → admin API, page, metrics
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { AdminDependencies } from "./admin/dependencies.ts";
import type { Summary } from "./admin/schemas.ts";
import { type AdminServer, startAdminServer } from "./admin/server.ts";
import type { Config, LoadResult } from "./config/load.ts";
import { formatRuleProblem, parseRules } from "./config/rules.ts";
import { endpointTemplates, RouteSlots } from "./config/snapshot.ts";
import { failureText } from "./control/failure-text.ts";
import { KILL_FILE, killSwitchText } from "./control/kill-switch.ts";
import { listenMessage, probeListen } from "./control/listen-probe.ts";
import type { ThreadKind } from "./control/thread.ts";
import { Threads } from "./control/threads.ts";
import { systemClock } from "./core/clock.ts";
import type { Counters } from "./core/counters.ts";
import { CommandError } from "./core/errors.ts";
import type { FromThread } from "./core/messages.ts";
import { OTHER } from "./core/other.ts";
import { CAN_SHARE_PORT } from "./core/shared-port.ts";
import type { Snapshot } from "./core/snapshot.ts";
import { within } from "./core/within.ts";
import { Decisions } from "./decisions.ts";
import { metricsTextOf } from "./metrics-text.ts";
import { CallerIntake, lastCallerMs } from "./review/callers.ts";
import { Review } from "./review/review.ts";
import { Desk } from "./rollouts/desk.ts";
import { explainRequest } from "./rollouts/explain-request.ts";
import { positionsOf, Rollouts } from "./rollouts/rollouts.ts";
import { prepareRecordingDirectory } from "./shadow/recording-directory.ts";
import type { Store } from "./store/store.ts";
import { openStored, type Stored } from "./stored.ts";
import { readInUse } from "./telemetry/in-use.ts";
import type { Log } from "./telemetry/log.ts";
import { Refusals } from "./telemetry/refusals.ts";
import { ReviewFeed } from "./telemetry/review-feed.ts";
import { readServed } from "./telemetry/served.ts";
import { type RecordedTotals, readNoise, readRecorded, readTotals } from "./telemetry/totals.ts";

/** How long the shadow side may finish what it has begun, when Parallax stops. */
const SHADOW_STOP_MS = 2_000;
/** How long a new decision may take to be acknowledged before the API says so all the same. */
const ACKNOWLEDGE_MS = 2_000;
export interface Address {
  readonly host: string;
  readonly port: number;
}

export type Reloaded =
  | { readonly ok: true; readonly epoch: number }
  | { readonly ok: false; readonly problems: readonly string[] };

/** A Parallax that serves. */
export interface Running {
  readonly address: Address;
  readonly adminAddress: Address;
  /** Loads the config again; a bad one changes nothing and says why. */
  reload(who: string): Promise<Reloaded>;
  /** The kill switch: everything to the legacy at once. */
  kill(who: string): Promise<unknown>;
  /** What is in recordings so far; whole once it has stopped. */
  recorded(): RecordedTotals;
  /** Stops accepting, finishes what is under way, and closes everything. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly log: Log;
  /** Where a reload gets the config from. Without it a reload changes nothing. */
  readonly loadAgain?: () => LoadResult;
}

/** Starts Parallax. Throws CommandError when it cannot: 2 for what the config asks, 3 for what the machine refuses. */
export async function startParallax(config: Config, options: StartOptions): Promise<Running> {
  const probe = await probeListen(config.listen.host, config.listen.port);
  if (probe.kind === "refused") throw new CommandError(3, listenMessage(config.listen, probe.code));
  let stored: Stored | undefined;
  try {
    const { dir } = config.settings.record;
    if (dir !== undefined) prepareRecordingDirectory(dir);
    stored = await openStored(config, options.log);
    const running = await new Parallax(config, { ...options, ...stored, port: probe.port }).start();
    return { ...running, stop: () => running.stop().finally(probe.release) };
  } catch (error) {
    await stored?.store.close();
    await stored?.journal.close();
    probe.release();
    throw error;
  }
}

class Parallax {
  readonly #log: Log;
  readonly #store: Store;
  readonly #slots = new RouteSlots();
  readonly #refusals = new Refusals();
  readonly #decisions: Decisions;
  readonly #address: Address;
  readonly #threads: Threads;
  readonly #review: Review;
  readonly #feed: ReviewFeed;
  readonly #rollouts: Rollouts;
  readonly #desk: Desk;
  readonly #callers: CallerIntake;
  readonly #startedAtMs = performance.now();
  #isStopping = false;
  #listenFailure: ((error: CommandError) => void) | undefined;
  /** Who waits for the threads: a decision, and the kill switch beside it. */
  readonly #onProgress = new Set<() => void>();
  #admin: AdminServer | undefined;

  constructor(config: Config, parts: StartOptions & Stored & { readonly port: number }) {
    this.#log = parts.log;
    this.#store = parts.store;
    this.#address = { host: config.listen.host, port: parts.port };
    this.#review = new Review({
      store: this.#store,
      clock: systemClock,
      compared: () => this.#compared(),
      snapshot: () => this.#decisions.snapshot,
      readRules: (given) => this.#readRules(given),
      templates: {
        configured: endpointTemplates(config),
        learned: parts.learnedTemplates,
        publish: (templates) => this.#decisions.publishLearned(templates),
        reportFailure: (err) => this.#log.error({ err }, "endpoint templates could not be put in force"),
      },
    });
    this.#feed = new ReviewFeed({
      clock: systemClock,
      countSignatures: async () => {
        const counts = await this.#store.signatureCounts();
        return counts.kind === "ok" ? counts.value : undefined;
      },
    });
    this.#callers = new CallerIntake({
      store: this.#store,
      nowMs: () => systemClock.nowMs(),
      detectors: () => this.#decisions.snapshot.redact.detectors,
    });
    this.#decisions = new Decisions({
      config,
      log: this.#log,
      review: this.#store,
      addedRules: parts.addedRules,
      slots: this.#slots,
      instanceId: randomBytes(8).toString("hex"),
      learnedTemplates: () => this.#review.learnedTemplates,
      loadAgain: parts.loadAgain,
      // Before the rollouts are there, the journal alone says where routes stand.
      positions: () => this.#rollouts?.positions() ?? positionsOf(parts.journal.states),
      firstEpoch: parts.journal.epoch + 1,
      killNow: (state) => this.#threads.setKilled(state),
      publish: (snapshot) => this.#publish(snapshot),
      changed: (what) => this.#admin?.changed(what),
    });
    const { listenTls } = config;
    this.#threads = new Threads(
      {
        // Where a port cannot be shared, one thread listens.
        serving: CAN_SHARE_PORT ? config.threads.serving : 1,
        shadow: config.threads.shadow,
        seamBytes: config.settings.seam.bytes,
        listen: { ...this.#address, tls: listenTls },
        killFile: join(config.settings.data.dir, KILL_FILE),
        onMessage: (kind, thread, message) => this.#onMessage(kind, thread, message),
        onLost: (kind, thread, { error, stack }) => {
          const name = `${kind}-${thread}`;
          this.#log.error({ thread: name, error }, "a thread was lost; starting another one");
          if (stack !== undefined) this.#log.debug({ thread: name, stack }, "where it was lost");
        },
        onBreaker: (thread, isOpen) => this.#logBreaker(thread, isOpen),
      },
      this.#decisions.snapshot,
    );
    this.#review.begin(this.#decisions.snapshot);
    const stragglers = (epoch: number) => this.#threads.stragglers(epoch);
    this.#rollouts = new Rollouts({
      log: this.#log.child({ area: "rollout" }),
      config: () => this.#decisions.config,
      journal: parts.journal,
      evidence: parts.evidence,
      decide: (write) => this.#decisions.move(write),
      served: (route) => readServed(this.#counters(), this.#slots.slotOf(route)),
      stragglers,
      signatureCounts: () => this.#store.signatureCounts(),
      lastCallerMs: (route, sinceMs) => lastCallerMs(this.#store, route, sinceMs),
    });
    this.#desk = new Desk({
      controller: this.#rollouts.controller,
      journal: parts.journal,
      stragglers,
      gateSettings: (route) => this.#rollouts.gateSettings(route),
      deprecation: (route) => this.#decisions.snapshot.routes.find(({ name }) => name === route)?.deprecation,
      explain: (asked) =>
        explainRequest(asked, { snapshot: this.#decisions.snapshot, journal: parts.journal }),
    });
  }

  #counters(): readonly Counters[] {
    return this.#threads.blocks().map(({ counters }) => counters);
  }

  async start(): Promise<Running> {
    const listening = this.#waitFor(() => this.#threads.isListening);
    this.#threads.start();
    try {
      await listening.done;
    } catch (error) {
      await this.#stopAll();
      throw error;
    }
    const { adminListen, adminToken, adminTokens, settings } = this.#decisions.config;
    const admin = await startAdminServer({
      ...adminListen,
      access: { token: adminToken, tokens: adminTokens, trustedProxy: settings.admin.trustedProxy },
      curlBase: settings.upstreams.legacy?.url ?? "",
      dependencies: this.#adminDependencies(),
    });
    if (admin.kind === "failed") {
      await this.#stopAll();
      throw new CommandError(admin.exitCode, admin.message);
    }
    this.#admin = admin.server;
    const { host, port } = admin.server;
    if (this.#decisions.snapshot.isKilled) this.#log.warn({}, killSwitchText(true));
    this.#rollouts.start();
    return {
      address: this.#address,
      adminAddress: { host, port },
      recorded: () => readRecorded(this.#counters()),
      reload: (who) => this.#decisions.reload({ who, role: "operator" }),
      kill: (who) => this.#decisions.setKilled(true, { who, role: "operator" }),
      stop: async () => {
        await this.#stopAll();
        await admin.server.close();
      },
    };
  }

  #adminDependencies(): AdminDependencies {
    const decisions = this.#decisions;
    return {
      store: this.#store,
      clock: systemClock,
      refusals: this.#refusals,
      metricsText: metricsTextOf({
        threads: this.#threads,
        slots: this.#slots,
        store: this.#store,
        review: this.#review,
        feed: this.#feed,
        rollouts: this.#rollouts,
        refusals: this.#refusals,
        snapshot: () => decisions.snapshot,
      }),
      summary: () => this.#summary(),
      stages: () => new Map(decisions.snapshot.routes.map(({ name, stage }) => [name, stage])),
      setKilled: (isKilled, actor, reason) => decisions.setKilled(isKilled, actor, reason),
      reload: (actor) => decisions.reload(actor),
      addRule: (asked, actor) => decisions.addRule(asked, actor),
      removeRule: (id, actor) => decisions.removeRule(id, actor),
      rollout: this.#desk,
      inUse: () => readInUse(decisions.snapshot, this.#counters()),
      rules: async () => {
        const read = await this.#review.rules();
        return read.kind === "failed" ? read : { ...read, value: decisions.withAddedRules(read.value) };
      },
      previewRules: (asked) => this.#review.preview(asked),
      ruleSuggestions: (endpoint) => this.#review.suggestions(endpoint),
      isReady: () => this.#threads.isServing && !this.#isStopping,
      log: this.#log.child({ area: "admin" }),
    };
  }

  #readRules(given: unknown) {
    const parsed = parseRules(given, { folder: this.#decisions.config.folder });
    return parsed.ok ? parsed : { ok: false as const, problems: parsed.problems.map(formatRuleProblem) };
  }

  /** Route → exchanges compared, since the start. */
  #compared(): ReadonlyMap<string, number> {
    const blocks = this.#counters();
    const { routes } = readTotals(blocks, this.#slots.entries());
    return new Map(routes.map(({ name, match, mismatch }) => [name, match + mismatch]));
  }

  #summary() {
    const blocks = this.#counters();
    return {
      uptime: (performance.now() - this.#startedAtMs) / 1000,
      epoch: this.#decisions.snapshot.epoch,
      isKilled: this.#decisions.snapshot.isKilled,
      totals: readTotals(blocks, this.#slots.entries()).overall,
      noise: readNoise(blocks),
      threads: [...this.#threads.states()],
      upstreams: this.#upstreams(),
    };
  }

  #upstreams(): Summary["upstreams"] {
    const { upstreams } = this.#decisions.config.settings;
    return (["legacy", "candidate", "baseline"] as const).flatMap((name) => {
      const upstream = upstreams[name];
      if (upstream === undefined) return [];
      // The schema refuses credentials in a URL.
      const breaker = this.#threads.isBreakerOpen ? "open" : "closed";
      return [{ name, url: upstream.url, breaker: name === "candidate" ? breaker : null }];
    });
  }

  // ── What the threads say ──────────────────────────────────────────────────────────────────────────

  #onMessage(kind: ThreadKind, thread: number, message: FromThread): void {
    switch (message.kind) {
      case "batch":
        this.#store.record(message.batch);
        this.#review.see(message.batch);
        this.#feed.see(message.batch);
        this.#rollouts.see(message.batch.rollout);
        break;
      case "kill-file":
        void this.#decisions.obeyKillFile();
        break;
      case "tripped":
        this.#rollouts.trip(this.#nameOf(message.slot), message);
        break;
      case "callers":
        this.#callers.see(message.callers);
        break;
      case "failure":
        this.#log.warn(
          { thread: `${kind}-${thread}`, code: message.code, count: message.count },
          failureText(kind, message.code, message.detail),
        );
        break;
      case "listen-failed":
        this.#log.error({ thread: `${kind}-${thread}`, code: message.code }, message.message);
        this.#listenFailure?.(new CommandError(3, listenMessage(this.#address, message.code)));
        break;
      default:
        break;
    }
    for (const look of this.#onProgress) look();
  }

  #nameOf(slot: number): string {
    return this.#slots.entries().find((entry) => entry.slot === slot)?.name ?? OTHER;
  }

  #logBreaker(thread: number, isOpen: boolean): void {
    const fields = { thread: `shadow-${thread}` };
    if (isOpen)
      this.#log.warn(fields, "the breaker is open: the candidate fails, and nothing is mirrored to it");
    else this.#log.info(fields, "the breaker is closed: the candidate is mirrored to again");
  }

  /** Resolves once `isDone` says so after a message of a thread; rejects when a thread cannot listen. */
  #waitFor(isDone: () => boolean): { readonly done: Promise<void>; readonly giveUp: () => void } {
    const { promise: done, resolve, reject } = Promise.withResolvers<void>();
    this.#listenFailure = reject;
    const look = () => {
      if (!isDone()) return;
      this.#onProgress.delete(look);
      this.#listenFailure = undefined;
      resolve();
    };
    this.#onProgress.add(look);
    return { done, giveUp: () => void this.#onProgress.delete(look) };
  }

  /** Puts a snapshot in force, and waits a moment for every thread to say that it has it. */
  async #publish(snapshot: Snapshot): Promise<void> {
    this.#review.begin(snapshot);
    const acknowledged = this.#waitFor(() => this.#threads.hasAcknowledged(snapshot.epoch));
    // A replaced thread that cannot listen is tried again: that is no failure of the decision.
    this.#listenFailure = undefined;
    this.#threads.publish(snapshot);
    await within(ACKNOWLEDGE_MS, acknowledged.done, () =>
      this.#log.warn({ epoch: snapshot.epoch }, "not every thread has acknowledged the decision yet"),
    );
    acknowledged.giveUp();
  }

  async #stopAll(): Promise<void> {
    this.#isStopping = true;
    const halted = this.#rollouts.stop();
    // It may wait for the store: clients do not.
    const reviewed = this.#review.stop();
    await this.#threads.stop(this.#decisions.snapshot.clientTimeouts.drainMs, SHADOW_STOP_MS);
    await halted;
    await this.#callers.stop();
    await this.#store.close();
    await reviewed;
  }
}
