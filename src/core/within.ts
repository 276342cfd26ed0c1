// Patience: what takes longer goes on by itself, and who asked goes on without it.
// Invariant: no timer is left behind, and what fails after its time is nobody's unhandled rejection.

/** What `work` comes to, or what `late` says when `patienceMs` are over first. Rejects where either throws in time. */
export async function within<T, L>(patienceMs: number, work: Promise<T>, late: () => L): Promise<T | L> {
  const { promise: outOfPatience, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, patienceMs);
  try {
    return await Promise.race([work, outOfPatience.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}
