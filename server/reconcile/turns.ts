// Passes take turns: so many are worked on at once, the rest wait in order. Who waits for somebody else's program, which
// may be slow or hostile, stands aside meanwhile and keeps nobody else waiting.

/** Gives the turn to others while `wait` goes on, and takes one again afterwards. */
export type Aside = <T>(wait: () => Promise<T>) => Promise<T>;

export interface Turns {
  /** Waits for a turn, works, and passes it on. */
  take<T>(work: (aside: Aside) => Promise<T>): Promise<T>;
  /** How many stand aside now. */
  readonly standing: number;
}

/** Beyond this many, who waits for others keeps the turn: what is kept of each has a bound too. */
const asideMost = 400;

export function openTurns(most: number): Turns {
  let taken = 0;
  let standing = 0;
  const waiting: (() => void)[] = [];

  const enter = async () => {
    if (taken >= most) await new Promise<void>((start) => waiting.push(start));
    else taken++;
  };
  const leave = () => {
    const next = waiting.shift();
    if (next) next();
    else taken--;
  };

  return {
    async take(work) {
      await enter();
      try {
        return await work(async (wait) => {
          if (standing >= asideMost) return wait();
          standing++;
          leave();
          try {
            return await wait();
          } finally {
            standing--;
            await enter();
          }
        });
      } finally {
        leave();
      }
    },
    get standing() {
      return standing;
    },
  };
}
