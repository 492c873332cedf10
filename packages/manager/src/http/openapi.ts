/** The description of the API, made from the routes' own schemas: a page at `/docs`, OpenAPI 3.1 at `/docs/json`. */
import swagger, { type SwaggerTransformObject } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { VERSION } from '@tagmill/shared/version';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { App } from './app.ts';

export async function describeRoutes(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tagmill',
        version: VERSION,
        description:
          'User tags from rules. Errors are `application/problem+json` with a stable `code`. POST takes an `Idempotency-Key`: the same key and body gives the same answer and does nothing again. Live changes come by the WebSocket `/ws`, or by `GET /api/v1/feed`.',
      },
      components: {
        securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'The key of the manager (TAGMILL_API_KEY).' } },
      },
      security: [{ key: [] }],
      tags: [
        { name: 'tags', description: 'Trigger tags and follow the task.' },
        { name: 'runs', description: 'Runs, their graph, and what people do to them.' },
        { name: 'rules', description: 'Rules of tags: check, versions, examples, preview, explain.' },
        { name: 'executors', description: 'The processes that do the work.' },
        { name: 'feed', description: 'Live changes.' },
        { name: 'service', description: 'Health and version.' },
      ],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withoutUnused(jsonSchemaTransformObject(document)),
  });
  await app.register(swaggerUi, { routePrefix: '/docs', uiConfig: { docExpansion: 'list', tryItOutEnabled: true } });
}

type Described = ReturnType<SwaggerTransformObject>;

/** Leaves out the schemas that no route refers to: each is made once as input and once as output. */
function withoutUnused(document: Described): Described {
  const { components, ...rest } = document as { components: { schemas?: Record<string, unknown> } };
  const schemas = components.schemas ?? {};
  const used = new Set<string>();
  const look = (part: unknown): void => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name === undefined || used.has(name)) continue;
      used.add(name);
      look(schemas[name]);
    }
  };
  look(rest);
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...rest, components: { ...components, schemas: kept } } as Described;
}
