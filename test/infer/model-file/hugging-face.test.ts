import assert from 'node:assert/strict';
import { configManifest, configPaths } from '../../../nodes/infer/model-file/hugging-face.ts';

describe('a Hugging Face config.json', () => {
  for (const [architecture, task] of [
    ['DistilBertForSequenceClassification', 'classify'],
    ['ViTForImageClassification', 'classify'],
    ['DeiTForImageClassificationWithTeacher', 'classify'],
    ['ASTForAudioClassification', 'classify'],
    ['BertForTokenClassification', 'entities'],
    ['DetrForObjectDetection', 'objects'],
    ['LlamaForCausalLM', 'generate'],
    ['GPT2LMHeadModel', 'generate'],
    ['BertModel', 'embedding'],
    ['SegformerForSemanticSegmentation', 'segment'],
    ['SomethingNew', undefined],
  ] as const) {
    it(`of ${architecture} is for the task ${task}`, () => {
      assert.equal(configManifest({ architectures: [architecture] }, 'folder')?.task, task);
    });
  }

  it('tells of several labels at once that each stands for itself', () => {
    const config = { architectures: ['BertForSequenceClassification'], problem_type: 'multi_label_classification' };
    assert.deepEqual(configManifest(config, 'folder'), { name: 'folder', task: 'classify', activation: 'sigmoid' });
  });

  it('of a regression is no classifier', () => {
    const config = { architectures: ['BertForSequenceClassification'], problem_type: 'regression' };
    assert.equal(configManifest(config, 'folder')?.task, 'regression');
  });

  for (const [name, expected] of [
    ['distilbert-base-uncased', 'distilbert-base-uncased'],
    ['google/vit-base-patch16-224', 'google/vit-base-patch16-224'],
    ['/home/ann/checkpoints/7', 'folder'],
    ['./output', 'folder'],
    ['C:\\models\\7', 'folder'],
    ['', 'folder'],
    [7, 'folder'],
  ] as const) {
    it(`with the name ${JSON.stringify(name)} is of the model ${expected}`, () => {
      assert.equal(configManifest({ model_type: 'bert', _name_or_path: name }, 'folder')?.name, expected);
    });
  }

  for (const [id2label, labels] of [
    [{ 10: 'c', 2: 'b', 0: 'a' }, ['a', '1', 'b', '3', '4', '5', '6', '7', '8', '9', 'c']],
    [{ 0: 0, 1: 1 }, ['0', '1']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [{}, undefined],
    [{ a: 'b' }, undefined],
    [{ 0: null }, undefined],
    [{ '-1': 'a' }, undefined],
    [{ 4000000000: 'a' }, undefined],
    ['a', undefined],
    [null, undefined],
  ] as const) {
    it(`gives the labels ${labels} from ${JSON.stringify(id2label)}`, () => {
      assert.deepEqual(configManifest({ model_type: 'vit', id2label }, 'folder')?.labels, labels);
    });
  }

  for (const content of [undefined, null, 5, 'text', [], {}, { name: 'my tool' }]) {
    it(`is not ${JSON.stringify(content)}`, () => {
      assert.equal(configManifest(content, 'folder'), undefined);
    });
  }

  it('stands beside the model, or beside the folder onnx', () => {
    assert.deepEqual(configPaths('/m/bert/onnx/model_int8.onnx'), ['/m/bert/onnx/config.json', '/m/bert/config.json']);
    assert.deepEqual(configPaths('/m/bert/model.onnx'), ['/m/bert/config.json']);
  });
});
