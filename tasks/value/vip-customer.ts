import { defineTagTask } from '@tagmill/shared/tag-task';

/** VIP客户: VIP customer. */
export default defineTagTask({
  tagId: 5,
  requiredFields: ['user_id', 'user_level', 'kyc_status'],
  dataSources: { primary: 'user_basic_info', secondary: null },
});
