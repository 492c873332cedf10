import { defineTagTask } from '@tagmill/shared/tag-task';

/** 年轻用户: young. */
export default defineTagTask({
  tagId: 7,
  requiredFields: ['user_id', 'age'],
  dataSources: { primary: 'user_basic_info', secondary: null },
});
