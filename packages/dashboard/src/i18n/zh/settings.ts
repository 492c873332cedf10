/** Chinese texts of the settings. */
export const settings = {
  settings: {
    you: '你和此浏览器',
    name: '你的名字',
    nameHelp: '随操作一起发送并记录，系统不核实。需要审批时，规则的编写者不能批准自己的规则。',
    theme: '主题',
    scheme: { auto: '跟随系统', light: '浅色', dark: '深色' },
    language: '语言',
    singleKeys: '单键快捷键',
    singleKeysHelp: '焦点不在输入框时有效。关闭后只有与 Ctrl 或 Cmd 组合的按键有效。',
    keys: '快捷键',
    pages: '页面',
    everywhere: '列表和运行页面',
    actions: '对所选任务的操作',
    key: {
      j: '下一个',
      k: '上一个',
      Enter: '打开',
      find: '查找',
      Esc: '返回',
      n: '下一个失败',
      f: '图适应窗口',
    },
  },
} as const;
