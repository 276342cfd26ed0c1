// The composition root: the one file that names every area, and joins them into a running Parallax.
//
//   config → snapshot → threads (serving ⇄ seam ⇄ shadow) → batches → store → admin API, page, metrics
import { randomBytes } from "node:crypto";
import type { KillResult } from "./admin/dependencies.ts";
import { startAdminServer } from "./admin/server.ts";
import type { Config, LoadResult } from "./config/load.ts";
import { formatProblem } from "./config/problem.ts";
import { formatRuleProblem, parseRules } from "./config/rules.ts";
import {
  buildSnapshot,
  changesThatNeedRestart,
  configInForce,
  endpointTemplates,
  RouteSlots,
} from "./config/snapshot.ts";
import { failureText } from "./control/failure-text.ts";
import { KillSwitch, killSwitchText } from "./control/kill-switch.ts";
import { listenMessage, probeListen } from "./control/listen-probe.ts";
import type { ThreadKind } from "./control/thread.ts";
import { Threads } from "./control/threads.ts";
import { systemClock } from "./core/clock.ts";
import { CommandError } from "./core/errors.ts";
import type { FromThread } from "./core/messages.ts";
import { CAN_SHARE_PORT } from "./core/shared-port.ts";
import type { Snapshot } from "./core/snapshot.ts";
import type { AskedPreview } from "./review/previewer.ts";
import { Review } from "./review/review.ts";
import type { RuleNumbers } from "./review/rule-books.ts";
import { openSqliteStore } from "./store/sqlite-store.ts";
import type { Store } from "./store/store.ts";
import type { Log } from "./telemetry/log.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { readNoise, readTotals } from "./telemetry/totals.ts";

/** How long the shadow side may finish what it has begun, when Parallax stops. */
const SHADOW_STOP_MS = 2_000;
/** How long a new decision may take to be acknowledged before the API says so all the same. */
const ACKNOWLEDGE_MS = 2_000;
const DAY_MS = 86_400_000;
const NO_RULE_NUMBERS: RuleNumbers = {
  flagged: { "never-hit": 0, "too-broad": 0, expired: 0, failed: 0 },
  hits: new Map(),
};

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
  try {
    const store = openStore(config, options.log);
    const learned = await store.learnedTemplates();
    if (learned.kind === "failed") throw new CommandError(3, learned.message);
    const parts = { ...options, store, port: probe.port, learnedTemplates: learned.value };
    const running = await new Parallax(config, parts).start();
    return { ...running, stop: () => running.stop().finally(probe.release) };
  } catch (error) {
    probe.release();
    throw error;
  }
}

function openStore({ settings: { data, limits } }: Config, log: Log): Store {
  const opened = openSqliteStore({
    directory: data.dir,
    clock: systemClock,
    log: log.child({ area: "store" }),
    limits: {
      samplesPerSignature: data.samplesPerSignature,
      sampleBytesMax: data.sampleBytesMax,
      samplesBytesMax: data.samplesBytesMax,
      sampleAgeMsMax: data.sampleAgeDaysMax * DAY_MS,
      // Every shadow thread bounds its own; what restarts add has room beside them.
      endpointsMax: limits.endpointsMax * 5,
    },
  });
  if (opened.kind === "failed") throw new CommandError(3, opened.message);
  return opened.store;
}

class Parallax {
  readonly #log: Log;
  readonly #store: Store;
  readonly #loadAgain: (() => LoadResult) | undefined;
  readonly #killSwitch: KillSwitch;
  readonly #slots = new RouteSlots();
  readonly #instanceId = randomBytes(8).toString("hex");
  readonly #address: Address;
  readonly #threads: Threads;
  readonly #review: Review;
  readonly #startedAtMs = performance.now();
  #config: Config;
  #snapshot: Snapshot;
  #isStopping = false;
  #listenFailure: ((error: CommandError) => void) | undefined;
  #onProgress: (() => void) | undefined;
  /** The last decision under way: the next one begins when it is acknowledged. */
  #decided: Promise<unknown> = Promise.resolve();

  constructor(
    config: Config,
    parts: StartOptions & {
      readonly store: Store;
      readonly port: number;
      readonly learnedTemplates: readonly string[];
    },
  ) {
    this.#config = config;
    this.#log = parts.log;
    this.#store = parts.store;
    this.#loadAgain = parts.loadAgain;
    this.#killSwitch = new KillSwitch(config.settings.data.dir);
    this.#address = { host: config.listen.host, port: parts.port };
    this.#review = new Review({
      store: this.#store,
      clock: systemClock,
      compared: () => this.#compared(),
      snapshot: () => this.#snapshot,
      readRules: (given) => this.#readRules(given),
      templates: {
        configured: endpointTemplates(config),
        learned: parts.learnedTemplates,
        publish: (templates) => this.#inTurn(() => this.#publishLearned(templates)),
        reportFailure: (err) => this.#log.error({ err }, "endpoint templates could not be put in force"),
      },
    });
    this.#snapshot = this.#nextSnapshot(config, 1);
    const { listenTls } = config;
    this.#threads = new Threads(
      {
        // Where a port cannot be shared, one thread listens.
        serving: CAN_SHARE_PORT ? config.threads.serving : 1,
        shadow: config.threads.shadow,
        seamBytes: config.settings.seam.bytes,
        listen: {
          ...this.#address,
          tls: listenTls,
        },
        onMessage: (kind, thread, message) => this.#onMessage(kind, thread, message),
        onLost: (kind, thread, { error, stack }) => {
          const name = `${kind}-${thread}`;
          this.#log.error({ thread: name, error }, "a thread was lost; starting another one");
          if (stack !== undefined) this.#log.debug({ thread: name, stack }, "where it was lost");
        },
        onBreaker: (thread, isOpen) => this.#logBreaker(thread, isOpen),
      },
      this.#snapshot,
    );
    this.#review.begin(this.#snapshot);
  }

  #nextSnapshot(config: Config, epoch: number): Snapshot {
    return buildSnapshot(config, {
      epoch,
      instanceId: this.#instanceId,
      isKilled: this.#killSwitch.read(),
      slots: this.#slots,
      learnedTemplates: this.#review.learnedTemplates,
    });
  }

  async start(): Promise<Running> {
    const listening = this.#waitFor(() => this.#threads.isListening);
    this.#threads.start();
    try {
      await listening;
    } catch (error) {
      await this.#stopAll();
      throw error;
    }
    const admin = await startAdminServer({
      ...this.#config.adminListen,
      token: this.#config.adminToken,
      curlBase: this.#config.settings.upstreams.legacy?.url ?? "",
      dependencies: this.#adminDependencies(),
    });
    if (admin.kind === "failed") {
      await this.#stopAll();
      throw new CommandError(admin.exitCode, admin.message);
    }
    const { host, port } = admin.server;
    if (this.#snapshot.isKilled) this.#log.warn({}, killSwitchText(true));
    return {
      address: this.#address,
      adminAddress: { host, port },
      reload: (who) => this.#inTurn(() => this.#reload(who)),
      stop: async () => {
        await this.#stopAll();
        await admin.server.close();
      },
    };
  }

  #adminDependencies() {
    return {
      store: this.#store,
      metricsText: this.#createMetricsText(),
      summary: () => this.#summary(),
      setKilled: (isKilled: boolean, who: string) => this.#inTurn(() => this.#setKilled(isKilled, who)),
      reload: (who: string) => this.#inTurn(() => this.#reload(who)),
      rules: () => this.#review.rules(),
      previewRules: (asked: AskedPreview) => this.#review.preview(asked),
      ruleSuggestions: (endpoint: string | undefined) => this.#review.suggestions(endpoint),
      isReady: () => this.#threads.isServing && !this.#isStopping,
      log: this.#log.child({ area: "admin" }),
    };
  }

  #createMetricsText(): () => Promise<string> {
    let rules = NO_RULE_NUMBERS;
    const metrics = createMetrics({
      blocks: () => this.#threads.blocks(),
      routes: () => this.#slots.entries(),
      seam: () => this.#threads.seam(),
      threadRestarts: () => this.#threads.restarts(),
      store: () => {
        const { kind, failedFlushes, lost } = this.#store.health();
        return { isFailing: kind === "failing", failedFlushes, lostBatches: lost.batches };
      },
      epoch: () => this.#snapshot.epoch,
      isKilled: () => this.#snapshot.isKilled,
      rules: () => rules,
    });
    return async () => {
      rules = await this.#review.ruleNumbers();
      return metrics.text();
    };
  }

  #readRules(given: unknown) {
    const parsed = parseRules(given, { folder: this.#config.folder });
    return parsed.ok ? parsed : { ok: false as const, problems: parsed.problems.map(formatRuleProblem) };
  }

  /** Route → exchanges compared, since the start. */
  #compared(): ReadonlyMap<string, number> {
    const blocks = this.#threads.blocks().map(({ counters }) => counters);
    const { routes } = readTotals(blocks, this.#slots.entries());
    return new Map(routes.map(({ name, match, mismatch }) => [name, match + mismatch]));
  }

  #summary() {
    const blocks = this.#threads.blocks().map(({ counters }) => counters);
    return {
      uptime: (performance.now() - this.#startedAtMs) / 1000,
      epoch: this.#snapshot.epoch,
      isKilled: this.#snapshot.isKilled,
      totals: readTotals(blocks, this.#slots.entries()).overall,
      noise: readNoise(blocks),
      threads: [...this.#threads.states()],
      upstreams: [],
    };
  }

  // ── What the threads say ──────────────────────────────────────────────────────────────────────────

  #onMessage(kind: ThreadKind, thread: number, message: FromThread): void {
    switch (message.kind) {
      case "batch":
        this.#store.record(message.batch);
        this.#review.see(message.batch);
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
    this.#onProgress?.();
  }

  #logBreaker(thread: number, isOpen: boolean): void {
    const fields = { thread: `shadow-${thread}` };
    if (isOpen)
      this.#log.warn(fields, "the breaker is open: the candidate fails, and nothing is mirrored to it");
    else this.#log.info(fields, "the breaker is closed: the candidate is mirrored to again");
  }

  /** Resolves once `isDone` says so after a message of a thread; rejects when a thread cannot listen. */
  #waitFor(isDone: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#listenFailure = reject;
      this.#onProgress = () => {
        if (!isDone()) return;
        this.#onProgress = undefined;
        this.#listenFailure = undefined;
        resolve();
      };
    });
  }

  // ── Decisions ─────────────────────────────────────────────────────────────────────────────────────

  /** Decisions are made one at a time, each from what the one before it left. */
  #inTurn<T>(decide: () => Promise<T>): Promise<T> {
    const decided = this.#decided.then(decide);
    this.#decided = decided.catch(() => undefined);
    return decided;
  }

  /** Puts a snapshot in force, and waits a moment for every thread to say that it has it. */
  async #publish(snapshot: Snapshot): Promise<void> {
    this.#snapshot = snapshot;
    this.#review.begin(snapshot);
    const acknowledged = this.#waitFor(() => this.#threads.hasAcknowledged(snapshot.epoch));
    // A replaced thread that cannot listen is tried again: that is no failure of the decision.
    this.#listenFailure = undefined;
    this.#threads.publish(snapshot);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#log.warn({ epoch: snapshot.epoch }, "not every thread has acknowledged the decision yet");
        resolve();
      }, ACKNOWLEDGE_MS);
    });
    await Promise.race([acknowledged, patience]);
    clearTimeout(timer);
  }

  async #setKilled(isKilled: boolean, who: string): Promise<KillResult> {
    let message: string | undefined;
    try {
      this.#killSwitch.set(isKilled, who);
    } catch (error) {
      // Whoever reaches for it must not be stopped by a full disk.
      const fate = isKilled ? "is on, and will not survive a restart" : "is off, until a restart";
      message = `the kill switch's file cannot be changed: it ${fate}`;
      this.#log.error({ who, err: error }, message);
    }
    const snapshot = this.#nextSnapshot(this.#config, this.#snapshot.epoch + 1);
    this.#log.warn({ who }, killSwitchText(snapshot.isKilled));
    await this.#publish(snapshot);
    return { isKilled: snapshot.isKilled, epoch: snapshot.epoch, isDurable: message === undefined, message };
  }

  async #publishLearned(templates: readonly string[]): Promise<void> {
    await this.#publish(this.#nextSnapshot(this.#config, this.#snapshot.epoch + 1));
    this.#log.info({ templates: templates.length, epoch: this.#snapshot.epoch }, "endpoint templates learnt");
  }

  async #reload(who: string): Promise<Reloaded> {
    const loaded = this.#loadAgain?.();
    if (loaded === undefined) return { ok: true, epoch: this.#snapshot.epoch };
    if (!loaded.ok) {
      const problems = loaded.problems.map(formatProblem);
      this.#log.error({ who, problems }, "the config was not reloaded: nothing has changed");
      return { ok: false, problems };
    }
    const waiting = changesThatNeedRestart(this.#config, loaded.config);
    if (waiting.length > 0) this.#log.warn({ keys: waiting }, "these changes take effect at the next start");
    this.#config = configInForce(this.#config, loaded.config);
    const wasKilled = this.#snapshot.isKilled;
    const snapshot = this.#nextSnapshot(this.#config, this.#snapshot.epoch + 1);
    // Its file may have been made or removed by hand.
    if (snapshot.isKilled !== wasKilled) this.#log.warn({ who }, killSwitchText(snapshot.isKilled));
    await this.#publish(snapshot);
    this.#log.info({ who, epoch: this.#snapshot.epoch }, "config reloaded");
    return { ok: true, epoch: this.#snapshot.epoch };
  }

  async #stopAll(): Promise<void> {
    this.#isStopping = true;
    await this.#review.stop();
    await this.#threads.stop(this.#snapshot.clientTimeouts.drainMs, SHADOW_STOP_MS);
    await this.#store.close();
  }
}
