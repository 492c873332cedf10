import { defineTagTask } from '@tagmill/shared/tag-task';

/** 最近活跃用户: recently active. */
export default defineTagTask({
  tagId: 8,
  requiredFields: ['user_id', 'last_login_date'],
  dataSources: { primary: 'user_activity_summary', secondary: null },
});
