/** Sizes of a tag, run after run: a line on its own scale, from the smallest to the largest. */
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { count } from '../ui/format.ts';

const [WIDTH, HEIGHT] = [84, 18];

export function Sparkline({ sizes }: { readonly sizes: readonly number[] }): ReactElement | null {
  const { t } = useTranslation();
  if (sizes.length < 2) return <span className="tm-quiet">–</span>;
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const x = (at: number): number => (at / (sizes.length - 1)) * WIDTH;
  const y = (size: number): number => (most === least ? HEIGHT / 2 : HEIGHT - 2 - ((size - least) / (most - least)) * (HEIGHT - 4));
  const points = sizes.map((size, at) => `${x(at).toFixed(1)},${y(size).toFixed(1)}`).join(' ');
  const label = t('catalogue.sizes', { from: count(sizes[0]!), to: count(sizes.at(-1)!), runs: sizes.length });
  return (
    <svg className="tm-spark" width={WIDTH} height={HEIGHT} role="img" aria-label={label}>
      <title>{label}</title>
      <polygon points={`0,${HEIGHT} ${points} ${WIDTH},${HEIGHT}`} />
      <polyline points={points} />
    </svg>
  );
}
