import { defineTagTask } from '@tagmill/shared/tag-task';

/** 低风险用户: low risk. */
export default defineTagTask({
  tagId: 3,
  requiredFields: ['user_id', 'risk_score'],
  dataSources: { primary: 'user_basic_info', secondary: null },
});
