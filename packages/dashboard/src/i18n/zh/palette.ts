/** Chinese texts of the palette. */
export const palette = {
  palette: {
    title: '搜索或执行命令',
    task: '本次运行的任务',
    preview: '打开预览',
    user: '查看此用户',
    help: '方向键移动，Enter 打开；操作会先打开预览。',
  },
} as const;
