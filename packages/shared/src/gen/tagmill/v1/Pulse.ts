// Original file: proto/tagmill/v1/executor.proto


export interface Pulse {
}

export interface Pulse__Output {
}
