/** Chinese texts of the user screen. */
export const users = {
  users: {
    show: '查看',
    which: '哪个用户',
    whichHelp: '输入用户编号，查看已存的标签、各自的原因以及怎样会改变。',
    loading: '正在读取用户',
    tags: '此用户的标签',
    tagCount_other: '{{count, number}} 个标签，用户',
    noRow: '表 user_tags 中没有此用户的行。仍可由数据表解释标签。',
    unreadable: '此用户的行无法读取：请修复其 tag_ids 和 tag_details。',
    excluded: '手动排除',
    since: '自 {{date}}',
    noTag: '已不存在的标签',
    any: '解释任意标签',
    why: '为什么有 {{tag}}',
    whyNot: '为什么没有 {{tag}}',
  },
} as const;
