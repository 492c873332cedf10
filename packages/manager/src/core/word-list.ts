/** Sentences that are said often, each kept once and for as long as somebody uses it. */
interface Words {
  readonly text: string;
  readonly who: string | null;
}

export class WordList {
  private readonly all: (Words | undefined)[] = [];
  private readonly uses: number[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly free: number[] = [];

  /** Number of a sentence by somebody, or by nobody; counts one use of it. */
  add(text: string, who: string | null): number {
    const key = keyOf(text, who);
    const known = this.numbers.get(key);
    if (known !== undefined) {
      this.uses[known]! += 1;
      return known;
    }
    const number = this.free.pop() ?? this.all.length;
    this.all[number] = { text, who };
    this.uses[number] = 1;
    this.numbers.set(key, number);
    return number;
  }

  at(number: number): Words {
    return this.all[number]!;
  }

  release(number: number): void {
    this.uses[number]! -= 1;
    if (this.uses[number]! > 0) return;
    const { text, who } = this.all[number]!;
    this.numbers.delete(keyOf(text, who));
    this.all[number] = undefined;
    this.free.push(number);
  }
}

const keyOf = (text: string, who: string | null): string => (who === null ? `-${text}` : `${who.length}:${who}${text}`);
