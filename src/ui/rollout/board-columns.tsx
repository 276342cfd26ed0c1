// The columns of the board where it is a table: for many routes.
import type { Column } from "../parts/virtual-table.tsx";
import { Link } from "../router.tsx";
import type { BoardRoute } from "./board-route.ts";
import { VerdictBadge } from "./gate.tsx";
import { Eta, routeAddress } from "./route-card.tsx";
import { Shares } from "./shares.tsx";
import { Track } from "./track.tsx";
import { concernsOf, noGateWords, shortWords } from "./words.ts";

function Name({ route }: { readonly route: BoardRoute }) {
  const concerns = concernsOf(route, Date.now());
  const [first] = concerns;
  return (
    <>
      <Link to={routeAddress(route.route)} tabIndex={-1} class="name">
        {route.route}
      </Link>
      {first === undefined ? null : (
        <span class={`under ${first.tone}`} title={concerns.map(({ text }) => text).join("\n")}>
          <span aria-hidden="true">⚠ </span>
          {first.text}
        </span>
      )}
    </>
  );
}

export const BOARD_COLUMNS: readonly Column<BoardRoute>[] = [
  {
    key: "route",
    title: "Route",
    widthRem: 16,
    isSortable: true,
    render: (route) => <Name route={route} />,
  },
  {
    key: "stage",
    title: "Where it stands",
    widthRem: 22,
    isSortable: true,
    render: (route) => (
      <span class="stands">
        <strong class="step">{route.step}</strong>
        <Track route={route} isBare />
      </span>
    ),
  },
  {
    key: "share",
    title: "Served by the candidate",
    hint: "By unit and by request, since the step began; sorted by requests",
    widthRem: 15,
    isSortable: true,
    render: ({ shares }) => <Shares shares={shares} />,
  },
  {
    key: "gate",
    title: "Gate",
    hint: "The verdict, and what holds it up, the worst first",
    widthRem: 14,
    isSortable: true,
    render: ({ gate, stage }) =>
      gate === null ? (
        <span class="muted">{noGateWords({ stage })}</span>
      ) : (
        <>
          <VerdictBadge verdict={gate.verdict} />
          <span class="under muted" title={shortWords(gate)}>
            {shortWords(gate)}
          </span>
        </>
      ),
  },
  {
    key: "eta",
    title: "To certify",
    hint: "When the gate would let it go on, at the traffic of now",
    widthRem: 11,
    isSortable: true,
    render: (route) => (
      <>
        <span class="eta">
          <Eta route={route} />
        </span>
        {route.next === null ? null : <span class="under muted">next: {route.next.step}</span>}
      </>
    ),
  },
];
