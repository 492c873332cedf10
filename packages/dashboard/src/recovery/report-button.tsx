import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import { Download } from 'lucide-react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';

/** Saves the report as it came; the route itself wants the key, which a plain link cannot carry. */
export function ReportButton({ report }: { readonly report: RecoveryReport }): ReactElement {
  const { t } = useTranslation();
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([`${JSON.stringify(report, null, 2)}\n`], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `tagmill-recovery-term-${report.term}.json`;
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <button type="button" className="tm-button" onClick={save} data-testid="report-json">
      <Download size={14} aria-hidden="true" />
      <span>{t('recovery.asJson')}</span>
    </button>
  );
}
