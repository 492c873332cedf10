import { defineTagTask } from '@tagmill/shared/tag-task';

/** 新注册用户: newly registered. */
export default defineTagTask({
  tagId: 4,
  requiredFields: ['user_id', 'registration_date'],
  dataSources: { primary: 'user_basic_info', secondary: null },
});
