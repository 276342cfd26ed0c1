// What is going on, in one look.
export function OverviewPage() {
  return <h1>Overview</h1>;
}
