import { type OpenAPIObject } from '@nestjs/swagger';

/** What the playground's plugin uses of Swagger UI and React, in the browser. */
interface SwaggerUi {
  React: { createElement(type: unknown, props: object | null, ...children: unknown[]): unknown };
  specSelectors: { specJson(): { getIn(path: string[]): { toJS(): { label: string; source: string }[] } | undefined } };
}
interface OperationProps {
  pathMethod: [path: string, method: string];
}

/** Shows the samples of a request (`x-codeSamples`) above its parameters. Its source goes to the browser: it must use nothing of this file. */
export const codeSamplesPlugin = () => ({
  wrapComponents: {
    parameters:
      (Parameters: unknown, { React, specSelectors }: SwaggerUi) =>
      (props: OperationProps) => {
        const samples = specSelectors.specJson().getIn(['paths', ...props.pathMethod, 'x-codeSamples']);
        const shown = (samples ? samples.toJS() : []).map(({ label, source }) =>
          React.createElement(
            'details',
            { key: label, style: { margin: '8px 20px' } },
            React.createElement('summary', { style: { cursor: 'pointer' } }, label),
            React.createElement('pre', { className: 'microlight', style: { overflowX: 'auto' } }, source),
          ),
        );
        return React.createElement('div', null, shown, React.createElement(Parameters, props));
      },
  },
});

/**
 * The document as the playground needs it: it fills in the example of every parameter, so a list would come filtered by all of them.
 * Those that may be left out show it in words instead.
 */
export function withoutPrefilledFilters(document: OpenAPIObject): OpenAPIObject {
  const copy = structuredClone(document);
  for (const item of Object.values(copy.paths)) {
    for (const operation of Object.values(item) as { parameters?: object[] }[]) {
      for (const parameter of operation.parameters ?? []) leaveEmpty(parameter as Parameter);
    }
  }
  return copy;
}

interface Parameter {
  in: string;
  required?: boolean;
  description?: string;
  example?: string | number;
  schema?: { example?: string | number };
}

function leaveEmpty(parameter: Parameter): void {
  if (parameter.in !== 'query' || parameter.required) return;
  const example = parameter.example ?? parameter.schema?.example;
  delete parameter.example;
  delete parameter.schema?.example;
  const shown = `\`${String(example)}\``;
  if (example !== undefined && !parameter.description?.includes(shown)) parameter.description += ` (example: ${shown})`;
}
