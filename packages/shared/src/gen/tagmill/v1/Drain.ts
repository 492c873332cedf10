// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface Drain {
}

export interface Drain__Output {
}
