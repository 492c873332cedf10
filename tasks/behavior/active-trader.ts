import { defineTagTask } from '@tagmill/shared/tag-task';

/** 活跃交易者: active trader. */
export default defineTagTask({
  tagId: 2,
  requiredFields: ['user_id', 'trade_count_30d'],
  dataSources: { primary: 'user_activity_summary', secondary: null },
});
