// `parallax replay --signature ID`: the stored requests of one signature, sent to both services and judged.
import type { Environment } from "../config/overlays.ts";
import { assertNever } from "../core/assert.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { FixedVerdict } from "../replay/is-fixed.ts";
import { renderSignatureJson, renderSignatureText } from "../replay/render-signature.ts";
import { replaySignature } from "../replay/replay-signature.ts";
import { loadReplayConfig, Placement, type ReplayFlags, setUpReplay, snapshotOf } from "../replay/set-up.ts";
import {
  fetchRules,
  fetchSignature,
  fetchUpstreams,
  type StoredSignature,
} from "../replay/stored-signature.ts";
import type { AdminAddress } from "../report/admin-client.ts";

export interface SignatureOptions extends ReplayFlags, AdminAddress {
  readonly signature: string;
  readonly format: "text" | "json";
}

interface Judged {
  readonly snapshot: Snapshot;
  /** Where the rules came from, for people. */
  readonly rules: string;
}

/** The text to print, and 0 fixed, 1 still differs, 3 cannot tell. Throws a CommandError. */
export async function runReplaySignature(
  options: SignatureOptions,
  environment: Environment,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const stored = await fetchSignature(options, options.signature);
  const hasConfig = Boolean(options.config ?? environment["PARALLAX_CONFIG"]);
  const known = hasConfig ? { legacy: undefined, candidate: undefined } : await fetchUpstreams(options);
  const urls = {
    config: options.config,
    legacy: options.legacy ?? (environment["PARALLAX_LEGACY"] ? undefined : known.legacy),
    candidate: options.candidate ?? (environment["PARALLAX_CANDIDATE"] ? undefined : known.candidate),
  };
  const config = loadReplayConfig(urls, environment, true);
  const base = snapshotOf(config);
  const { snapshot, rules } = hasConfig
    ? { snapshot: base, rules: "under the rules of the config" }
    : await rulesInForce(base, stored, options);
  const placement = new Placement(snapshot);
  const setUp = await setUpReplay(config, snapshot, { flags: options, environment, isLegacyAsked: true });
  try {
    const { signature, samples } = stored;
    const replay = await replaySignature(
      { signature, samples, routeOf: (sample) => placement.routeOf(sample) },
      setUp.parts,
    );
    const output = {
      signature,
      replay,
      legacy: setUp.legacy ?? "",
      candidate: setUp.candidate,
      rules,
      isUnsafe: options.isUnsafeSent,
    };
    const text = options.format === "json" ? renderSignatureJson(output) : renderSignatureText(output);
    return { text, exitCode: exitCodeOf(replay.verdict) };
  } finally {
    await setUp.close();
  }
}

/** Without a config: the rules of the running Parallax, and every header compared that the signature is about. */
async function rulesInForce(
  base: Snapshot,
  { signature, samples }: StoredSignature,
  options: SignatureOptions,
): Promise<Judged> {
  const route = samples[0]?.route ?? "";
  const { rules, leftOut } = await fetchRules(options, route);
  const header = signature.part === "header" ? [signature.path.split("/", 1)[0] ?? ""] : [];
  const routes = base.routes.map((settings) => ({
    ...settings,
    compare: {
      ...settings.compare,
      rules,
      headers: [...new Set([...settings.compare.headers, ...header])],
    },
  }));
  const custom = leftOut === 0 ? "" : `, but for ${leftOut} custom ones: --config has them`;
  return {
    snapshot: { ...base, routes },
    rules: `under the rules in force at ${options.admin}${custom}`,
  };
}

function exitCodeOf(verdict: FixedVerdict): number {
  switch (verdict) {
    case "fixed":
      return 0;
    case "still-differs":
      return 1;
    case "cannot-tell":
      return 3;
    default:
      return assertNever(verdict);
  }
}
