/** Chinese texts of the catalogue of tags. */
export const catalogue = {
  catalogue: {
    all: '全部',
    loading: '正在读取标签',
    state: { held: '被检查挂起', proposed: '待审批', live: '线上', draft: '草稿', inactive: '未启用' },
    column: {
      tag: '标签',
      state: '状态',
      users: '用户数',
      coverage: '覆盖率',
      trend: '历次运行',
      entered: '进入',
      left: '退出',
      unknown: '未知',
      lastRun: '最近运行',
      rule: '规则',
    },
    sizes: '{{runs}} 次运行中从 {{from}} 到 {{to}} 个用户',
    never: '从未运行',
    openRule: '打开规则',
  },
} as const;
