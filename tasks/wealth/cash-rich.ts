import { defineTagTask } from '@tagmill/shared/tag-task';

/** 现金充足用户: cash rich. */
export default defineTagTask({
  tagId: 6,
  requiredFields: ['user_id', 'cash_balance'],
  dataSources: { primary: 'user_asset_summary', secondary: null },
});
