/** Chinese texts of what a tag allows, and of tags by hand. */
export const tags = {
  policies: {
    title: '允许范围',
    change: '修改',
    save: '保存策略',
    unknown: '结果未知时',
    unknownIs: { keep: '已有者保留标签', remove: '已有者失去标签', keep_for: '已有者再保留 {{runs}} 次运行' },
    runs: '保留次数',
    noRuns: '次数为 1 至 {{most}} 的整数。',
    maxUnknown: '未知上限',
    maxMove: '变化上限',
    any: '不限',
    said: '最近设定',
    noPercent: '请填写百分数，例如 20，或留空。',
    help: '超出时，标签在写入任何一行之前被挂起。留空表示不限。',
  },
  byHand: {
    title: '手动设置',
    add: '手动设置标签',
    none: '没有手动给予或排除的用户。',
    what: '设置为',
    kind: { include: '拥有', exclude: '排除' },
    do: { include: '给予标签', exclude: '排除标签' },
    clear: '交还规则决定',
    clearHelp: '此用户将由规则和下一次运行决定。',
    help: '立即写入，任何运行都不会改动。',
  },
} as const;
