/** Chinese texts of the inbox. */
export const inbox = {
  inbox: {
    all: '全部',
    loading: '正在读取待办',
    kind: { gate: '人工闸口', failed: '失败', held: '被检查挂起', approval: '待审批的规则' },
    open: { gate: '查看并运行', failed: '查看并重试', approval: '查看并答复' },
    emptyTitle: '没有需要你处理的事',
    emptyHelp: '检查于 {{when}}。',
  },
} as const;
