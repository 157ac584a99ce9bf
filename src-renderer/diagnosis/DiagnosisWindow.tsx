import { useEffect, type ReactNode } from 'react';
import type { DiagnosisStep } from '../../src-main/api/contract';
import { VpnIcon } from '../icons/icons';
import { actions, request, surfaceId, useApp } from '../store';
import { adviceText, findingText, formatNumber, t } from '../../src-text';
import { WindowFrame } from '../widgets/WindowFrame';

const marks: Readonly<Record<DiagnosisStep['outcome'], string>> = {
  waiting: '\u2013',
  running: '\u2026',
  passed: '\u2713',
  warning: '!',
  failed: '\u2717',
  skipped: '\u2013',
};

function Step({
  step,
  where,
}: {
  readonly step: DiagnosisStep;
  readonly where: { readonly name: string; readonly server: string };
}): ReactNode {
  const found = findingText(step, where);
  const advice = adviceText(step);
  return (
    <li className={`step ${step.outcome}`} data-step={step.step}>
      <span className="mark" aria-hidden="true">
        {marks[step.outcome]}
      </span>
      <span className="step-name">{t(`diagnosis.step.${step.step}`)}</span>
      <span className="soft">
        {t(`diagnosis.outcome.${step.outcome}`)}
        {step.milliseconds === null
          ? ''
          : ` (${t('mobility.milliseconds', { value: formatNumber(step.milliseconds, step.milliseconds < 10 ? 1 : 0) })})`}
      </span>
      {found !== '' && <p>{found}</p>}
      {advice !== null && <p className="advice">{advice}</p>}
    </li>
  );
}

/** `Diagnose`: step by step, with what was found and what to do about it. Nothing on the computer is changed by it. */
export function DiagnosisWindow({ name, hidden }: { readonly name: string; readonly hidden: boolean }): ReactNode {
  const diagnosis = useApp((state) => state.diagnoses[name]);
  const exists = useApp((state) => state.profiles.some((profile) => profile.name === name));
  const server = useApp((state) => state.profiles.find((profile) => profile.name === name)?.server ?? '');
  const id = surfaceId({ kind: 'diagnosis', name });
  const running = diagnosis?.running ?? false;
  const start = (): void => void request('diagnose', { name });
  useEffect(() => {
    // Opened to diagnose: unless one runs already, or the page was only loaded again.
    if (exists && useApp.getState().diagnoses[name] === undefined) void request('diagnose', { name });
  }, [name, exists]);
  return (
    <WindowFrame
      id={id}
      title={t('diagnosis.title', { name })}
      icon={<VpnIcon />}
      width={460}
      height={440}
      hidden={hidden}
      onClose={() => actions.close(id)}
      onMinimize={() => actions.minimize(id)}
    >
      <div className="dialog-body white diagnosis">
        <h3 className="instruction-main" role="status">
          {t(
            running
              ? 'diagnosis.running'
              : diagnosis === undefined
                ? 'diagnosis.begin'
                : diagnosis.steps.some(({ outcome }) => outcome === 'failed')
                  ? 'diagnosis.found'
                  : 'diagnosis.fine',
          )}
        </h3>
        <ol className="steps selectable" tabIndex={0} aria-label={t('diagnosis.steps')}>
          {diagnosis?.steps.map((step) => (
            <Step key={step.step} step={step} where={{ name, server }} />
          ))}
        </ol>
      </div>
      <div className="dialog-buttons band">
        <button type="button" onClick={() => actions.open({ kind: 'log', name })}>
          {t('log.title')}
        </button>
        {running ? (
          <button type="button" onClick={() => void request('stopDiagnosis', { name })}>
            {t('diagnosis.stop')}
          </button>
        ) : (
          <button type="button" onClick={start}>
            {t('diagnosis.again')}
          </button>
        )}
        <button type="button" className="default" data-autofocus="" onClick={() => actions.close(id)}>
          {t('button.close')}
        </button>
      </div>
    </WindowFrame>
  );
}
