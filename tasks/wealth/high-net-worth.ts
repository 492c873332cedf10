import { defineTagTask } from '@tagmill/shared/tag-task';

/** 高净值用户: high net worth. */
export default defineTagTask({
  tagId: 1,
  requiredFields: ['user_id', 'total_asset_value'],
  dataSources: { primary: 'user_asset_summary', secondary: null },
});
