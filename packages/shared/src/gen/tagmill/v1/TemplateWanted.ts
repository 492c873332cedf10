// Original file: proto/tagmill/v1/executor.proto


export interface TemplateWanted {
  'name'?: (string);
}

export interface TemplateWanted__Output {
  'name': (string);
}
