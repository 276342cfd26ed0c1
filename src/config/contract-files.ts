// Contracts that the config names, read in with the files they refer to: all of them below the document's folder.
import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { ContractDocument, ContractProblem } from "../contract/contract-document.ts";
import { CONTRACT_BYTES_MAX, type ContractResult, readContract } from "../contract/read-contract.ts";
import type { ContractSettings } from "../core/snapshot.ts";
import { readTextFile } from "./text-file.ts";
import { readYaml } from "./yaml-document.ts";

export interface ContractConfig {
  readonly file: string;
  readonly version?: string | undefined;
}

/** Whether a file lies elsewhere than its name says. A link within the folder is fine: mounted volumes are made so. */
function leadsOut(path: string, folder: string): boolean {
  try {
    return relative(realpathSync(folder), realpathSync(path)).split(sep)[0] === "..";
  } catch {
    return false; // not there, which reading it says
  }
}

/** Reads the contract in `file`, YAML or JSON. `isLive`: answers will be checked by it. */
export function readContractFile(
  file: string,
  options: { readonly isLive: boolean; readonly version?: string | undefined },
): ContractResult {
  const folder = dirname(resolve(file));
  return readContract(
    basename(file),
    (name) => {
      const path = join(folder, name);
      if (name !== basename(file) && leadsOut(path, folder))
        return {
          ok: false,
          what: `${name} is a link out of the document's folder; put the file itself there`,
        };
      const content = readTextFile(path, CONTRACT_BYTES_MAX);
      if (!content.ok) return { ok: false, what: `${name} must be ${content.allowed}` };
      // It would read as an empty mapping: nothing would break such a contract, and nobody would know.
      if (content.text.trim() === "") return { ok: false, what: `${name} must be a document; it is empty` };
      const yaml = readYaml(content.text);
      if (yaml.ok) return { ok: true, tree: yaml.value };
      const { line, message = "" } = yaml.faults[0] ?? {};
      return { ok: false, what: `${name}${line === undefined ? "" : `:${line}`} must be ${message}` };
    },
    options,
  );
}

export function contractSettingsOf(file: string, document: ContractDocument): ContractSettings {
  const digest = createHash("sha256").update(JSON.stringify(document)).digest("hex");
  return { name: basename(file), version: document.version, digest, document };
}

/** Each contract once, however many routes name it. */
export class ContractFiles {
  readonly #folder: string;
  readonly #read = new Map<string, ContractSettings | readonly ContractProblem[]>();

  /** `configFile`: relative names begin in its folder; without one, in the working directory. */
  constructor(configFile: string | undefined) {
    this.#folder = configFile === undefined ? "." : dirname(configFile);
  }

  /** The settings, or what is wrong with the document. */
  settingsOf({ file, version }: ContractConfig): ContractSettings | readonly ContractProblem[] {
    const path = resolve(this.#folder, file);
    const key = JSON.stringify([path, version]);
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const result = readContractFile(path, { isLive: true, version });
    const settings = result.ok ? contractSettingsOf(path, result.document) : result.problems;
    this.#read.set(key, settings);
    return settings;
  }
}
