// Original file: proto/tagmill/v1/executor.proto


export interface Drain {
}

export interface Drain__Output {
}
