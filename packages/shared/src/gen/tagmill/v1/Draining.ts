// Original file: proto/tagmill/v1/executor.proto


export interface Draining {
}

export interface Draining__Output {
}
