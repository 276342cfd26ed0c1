// Questions of which a view has many, a few at a time: what somebody clicks must not wait behind them.

const AT_ONCE_MAX = 2;
const waiting: (() => void)[] = [];
let underWay = 0;

export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (underWay >= AT_ONCE_MAX) await new Promise<void>((resolve) => waiting.push(resolve));
  underWay++;
  try {
    return await work();
  } finally {
    underWay--;
    waiting.shift()?.();
  }
}
