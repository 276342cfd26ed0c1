// One exchange: what was asked, what both answered, and what the judge found, one difference after the other.
// The address says which difference is looked at, so that a link shows the same to a colleague.
import type { SignatureAnswer } from "../../admin/schemas.ts";
import { useApi } from "../api.ts";
import { formatNumber } from "../format.ts";
import { Badge, type Tone } from "../parts/badge.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { EmptyState } from "../parts/empty-state.tsx";
import { Failure } from "../parts/failure.tsx";
import { useKeys } from "../parts/keys.tsx";
import { Loading } from "../parts/loading.tsx";
import { type Tab, Tabs } from "../parts/tabs.tsx";
import { Time } from "../parts/time.tsx";
import { useTitle } from "../parts/title.ts";
import { Link, useAddressQuery } from "../router.tsx";
import { BodiesView } from "./bodies-view.tsx";
import { DifferenceBar } from "./difference-bar.tsx";
import type { Exchange, ExchangeDifference } from "./exchange.ts";
import { HeadsView } from "./heads-view.tsx";
import { PatchView, RawView } from "./raw-view.tsx";
import { RequestView } from "./request-view.tsx";
import { Samples, samplePath } from "./samples.tsx";
import { SummaryStrip } from "./summary-strip.tsx";
import { Incomparable, WhyView } from "./why-view.tsx";
import { verdictWords } from "./words.ts";

export function ExchangePage({ id }: { readonly id: string }) {
  const { value, failure } = useApi<Exchange>(`/api/exchanges/${encodeURIComponent(id)}`);
  const signatureId = useAddressQuery().get("signature");
  const { value: signature } = useApi<SignatureAnswer>(
    signatureId === undefined ? undefined : `/api/differences/${encodeURIComponent(signatureId)}`,
  );
  const samples =
    signatureId === undefined ? null : (
      <Samples exchangeId={id} signatureId={signatureId} signature={signature} />
    );
  // What was there before stays while another one is asked for: it is not this one.
  const exchange = value?.id === id ? value : undefined;
  if (exchange !== undefined)
    return (
      <div class="exchange">
        {samples}
        <Shown key={id} exchange={exchange} signature={signature} />
      </div>
    );
  return (
    <div class="exchange">
      {samples}
      {failure === undefined ? (
        <Loading label="the exchange" lines={12} />
      ) : failure.status === 404 ? (
        <Gone id={id} signature={signature} />
      ) : (
        <Failure failure={failure} />
      )}
    </div>
  );
}

interface GoneProps {
  readonly id: string;
  readonly signature: SignatureAnswer | undefined;
}

function Gone({ id, signature }: GoneProps) {
  const [newest] = signature?.exchangeIds ?? [];
  return (
    <EmptyState title="This exchange is not stored any more">
      <p>
        No stored exchange is called <code>{id}</code>. Samples are kept for a while and up to a number, and
        the oldest go first; or it was deleted on request.
      </p>
      {signature === undefined || newest === undefined ? (
        <p>
          <Link to="/differences">The differences</Link> name the samples that are there.
        </p>
      ) : (
        <p>
          <Link class="button" to={samplePath(signature.id, newest, 1)}>
            Show the newest of this signature
          </Link>
        </p>
      )}
    </EmptyState>
  );
}

const TONES: Readonly<Record<Exchange["verdict"], Tone>> = {
  match: "good",
  mismatch: "bad",
  incomparable: "warn",
};

interface Wanted {
  readonly number: string | undefined;
  readonly path: string | undefined;
  readonly signature: SignatureAnswer | undefined;
}

/** Which difference the address names: by its number from 1, by its path, or as the first of a signature. */
function currentIn({ differences }: Exchange, { number, path, signature }: Wanted): number | undefined {
  if (number !== undefined) {
    const index = Number(number) - 1;
    return Number.isInteger(index) && index >= 0 && index < differences.length ? index : undefined;
  }
  if (path === undefined && signature === undefined) return undefined;
  const index = differences.findIndex((found) =>
    path === undefined ? isOfSignature(found, signature) : found.path === path,
  );
  return index < 0 ? undefined : index;
}

function isOfSignature(found: ExchangeDifference, signature: SignatureAnswer | undefined): boolean {
  return (
    found.part === signature?.part &&
    found.kind === signature.kind &&
    (found.erasedPath ?? found.path) === signature.path
  );
}

interface ShownProps {
  readonly exchange: Exchange;
  /** The one that it is looked at for. */
  readonly signature: SignatureAnswer | undefined;
}

function Shown({ exchange, signature }: ShownProps) {
  const query = useAddressQuery();
  useTitle(`${exchange.request.method} ${exchange.request.target}`);
  const { differences, incomparable, notes = [], hidden = [] } = exchange;
  const current = currentIn(exchange, {
    number: query.get("difference"),
    path: query.get("path"),
    signature,
  });
  const found = current === undefined ? undefined : differences[current];
  const ownView = found === undefined || found.part === "body" ? "answers" : "headers";
  const view = query.get("view") ?? ownView;
  const goTo = (index: number) => {
    if (index < 0 || index >= differences.length) return;
    query.set({ difference: String(index + 1), path: undefined, view: undefined }, { replace: true });
  };
  useKeys({
    n: { text: "Next difference", run: () => goTo(current === undefined ? 0 : current + 1) },
    p: {
      text: "Previous difference",
      run: () => goTo(current === undefined ? differences.length - 1 : current - 1),
    },
  });
  const heads = differences.filter(({ part }) => part !== "body").length;
  const tabs: readonly Tab[] = [
    { key: "answers", title: "Bodies", render: () => <BodiesView exchange={exchange} current={current} /> },
    {
      key: "headers",
      title: heads === 0 ? "Headers" : `Headers (${formatNumber(heads)})`,
      render: () => <HeadsView exchange={exchange} current={current} />,
    },
    { key: "request", title: "Request", render: () => <RequestView exchange={exchange} /> },
    { key: "raw", title: "Raw", render: () => <RawView exchange={exchange} /> },
    {
      key: "why",
      title:
        hidden.length + notes.length === 0 ? "Why" : `Why (${formatNumber(hidden.length + notes.length)})`,
      render: () => <WhyView exchange={exchange} />,
    },
    {
      key: "patch",
      title: "Patch",
      render: () => <PatchView patch={exchange.patch} verdict={exchange.verdict} />,
    },
  ];
  return (
    <>
      <div class="ends">
        <h1>
          <code>
            {exchange.request.method} {exchange.request.target}
          </code>
        </h1>
        <span>
          <span class="small muted">As a curl line</span> <CopyButton text={exchange.curl} what="curl line" />
        </span>
      </div>
      <p class="verdict">
        <Badge tone={TONES[exchange.verdict]}>{exchange.verdict}</Badge> {verdictWords(exchange)}
      </p>
      <p class="small muted">
        <Link to={`/differences?${new URLSearchParams({ endpoint: exchange.endpoint })}`}>
          {exchange.endpoint}
        </Link>{" "}
        · route {exchange.route} · <Time atMs={exchange.atMs} /> · <code>{exchange.id}</code>
      </p>
      {incomparable === undefined ? null : <Incomparable {...incomparable} />}
      <SummaryStrip exchange={exchange} />
      <DifferenceBar exchange={exchange} current={current} onGo={goTo} />
      <Tabs
        label="Parts of the exchange"
        tabs={tabs}
        current={view}
        onChange={(key) => query.set({ view: key === ownView ? undefined : key }, { replace: true })}
      />
    </>
  );
}
