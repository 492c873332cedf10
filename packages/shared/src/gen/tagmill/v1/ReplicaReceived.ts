// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.


export interface ReplicaReceived {
}

export interface ReplicaReceived__Output {
}
