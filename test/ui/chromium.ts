// A Chromium for the tests: the one that an npm package ships, with the libraries it brings where the machine lacks
// them; else one of the machine. There is always one, or a line that says what to install.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliDecompressSync } from "node:zlib";
import { type Browser, chromium } from "playwright-core";

const MODULES = fileURLToPath(new URL("../../node_modules/", import.meta.url));
/** Of a machine that was asked for its version; a cold disk takes its time. */
const VERSION_MS_MAX = 20_000;

/** Where a machine has one. */
const OF_THE_MACHINE = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/microsoft-edge",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/** Nothing of it speaks to anybody but the page; what keeps sites apart stays on, as people have it. */
const FLAGS = [
  "--disable-gpu",
  "--disable-webgl",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-domain-reliability",
  "--no-pings",
  "--font-render-hinting=none",
];

type Environment = Readonly<Record<string, string>>;

interface Candidate {
  readonly file: string;
  readonly environment: Environment;
}

/** Plain files of a tar archive, name → bytes. */
export function filesInTar(tar: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; at + 512 <= tar.length; ) {
    const field = (from: number, length: number) =>
      tar.toString("utf8", at + from, at + from + length).replace(/\0.*$/s, "");
    const name = field(0, 100);
    const bytes = Number.parseInt(field(124, 12), 8);
    if (name === "" || Number.isNaN(bytes)) break;
    const isPlain = field(156, 1) === "0" || field(156, 1) === "";
    if (isPlain) files.set(name, tar.subarray(at + 512, at + 512 + bytes));
    at += 512 + Math.ceil(bytes / 512) * 512;
  }
  return files;
}

function unpackTar(archive: string, folder: string): void {
  for (const [name, bytes] of filesInTar(brotliDecompressSync(readFileSync(archive)))) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}

/** Beside the fonts that it brings: those of the machine. */
const fontSettings = (folder: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${join(folder, "fonts")}</dir><dir>/usr/share/fonts</dir><cachedir>${join(folder, "font-cache")}</cachedir></fontconfig>
`;

/**
 * The folder with what the package ships, unpacked once for every version. It is made under a name of its own and then
 * renamed, so that of several test files each finds all of it or nothing.
 */
function unpackedFolder(): string {
  const shipped = join(MODULES, "@sparticuz", "chromium");
  const { version } = JSON.parse(readFileSync(join(shipped, "package.json"), "utf8")) as {
    readonly version: string;
  };
  const folder = join(MODULES, ".cache", "parallax-chromium", version);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const own = mkdtempSync(`${folder}-`);
  writeFileSync(
    join(own, "chromium"),
    brotliDecompressSync(readFileSync(join(shipped, "bin", "chromium.br"))),
    {
      mode: 0o700,
    },
  );
  unpackTar(join(shipped, "bin", "al2023.tar.br"), own);
  unpackTar(join(shipped, "bin", "fonts.tar.br"), own);
  writeFileSync(join(own, "fonts.conf"), fontSettings(folder));
  try {
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    // Another test file was faster.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

function ownEnvironment(): Environment {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** In the order in which they are tried. */
function candidates(): readonly Candidate[] {
  const environment = ownEnvironment();
  const ofTheMachine = OF_THE_MACHINE.filter((file) => existsSync(file)).map((file) => ({
    file,
    environment,
  }));
  // The package's is for this alone.
  if (process.platform !== "linux" || process.arch !== "x64") return ofTheMachine;
  const folder = unpackedFolder();
  const file = join(folder, "chromium");
  const withFonts = { ...environment, FONTCONFIG_FILE: join(folder, "fonts.conf") };
  const withLibraries = { ...withFonts, LD_LIBRARY_PATH: join(folder, "lib") };
  return [{ file, environment: withFonts }, { file, environment: withLibraries }, ...ofTheMachine];
}

/** Why it does not run here, or undefined where it does. */
async function faultOf({ file, environment }: Candidate): Promise<string | undefined> {
  try {
    await promisify(execFile)(file, ["--version"], { env: environment, timeout: VERSION_MS_MAX });
    return undefined;
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: string };
    return `${file}: ${(stderr || message).trim().split("\n")[0]}`;
  }
}

async function runningCandidate(): Promise<Candidate> {
  const faults: string[] = [];
  for (const candidate of candidates()) {
    const fault = await faultOf(candidate);
    if (fault === undefined) return candidate;
    faults.push(fault);
  }
  throw new Error(
    `no browser runs here, and the tests of the page need one; install Chromium (Debian: apt-get install chromium). Tried: ${faults.join("; ") || "nothing is there"}`,
  );
}

export async function launchChromium(): Promise<Browser> {
  const { file, environment } = await runningCandidate();
  return chromium.launch({ executablePath: file, args: FLAGS, env: { ...environment } });
}
