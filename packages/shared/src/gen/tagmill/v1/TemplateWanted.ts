// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface TemplateWanted {
  'name'?: (string);
}

export interface TemplateWanted__Output {
  'name': (string);
}
