/**
 * Gemini's request messages as tables, and their reader. One table gives the check and the TypeScript type.
 * Source: generativelanguage v1beta discovery of August 2026; fields marked Vertex are aiplatform v1's, which the same
 * routes carry.
 */
import { ENUMS } from './gemini-enums.ts'
import { createReader, type MessageOf } from './protojson.ts'

/** Messages by their names in the package; nested ones carry their parent's. */
export const MESSAGES = {
  GenerateContentRequest: {
    model: 'string',
    contents: 'Content[]',
    systemInstruction: 'Content',
    tools: 'Tool[]',
    toolConfig: 'ToolConfig',
    safetySettings: 'SafetySetting[]',
    generationConfig: 'GenerationConfig',
    cachedContent: 'string',
    serviceTier: 'ServiceTier',
    store: 'bool',
    continuationToken: 'bytes',
    // Vertex
    labels: 'map<string>',
    modelArmorConfig: 'ModelArmorConfig',
  },
  CountTokensRequest: {
    model: 'string',
    contents: 'Content[]',
    generateContentRequest: 'GenerateContentRequest',
    // Vertex
    systemInstruction: 'Content',
    tools: 'Tool[]',
    generationConfig: 'GenerationConfig',
    instances: 'Value[]',
  },
  EmbedContentRequest: {
    model: 'string',
    content: 'Content',
    taskType: 'TaskType',
    title: 'string',
    outputDimensionality: 'int32',
    // Vertex
    autoTruncate: 'bool',
    embedContentConfig: 'EmbedContentConfig',
  },
  EmbedContentConfig: {
    taskType: 'TaskType',
    title: 'string',
    outputDimensionality: 'int32',
    autoTruncate: 'bool',
    documentOcr: 'bool',
    audioTrackExtraction: 'bool',
  },
  BatchEmbedContentsRequest: { model: 'string', requests: 'EmbedContentRequest[]' },
  ModelArmorConfig: { promptTemplateName: 'string', responseTemplateName: 'string' },

  Content: { role: 'string', parts: 'Part[]' },
  Part: {
    text: 'string',
    inlineData: 'Blob',
    fileData: 'FileData',
    functionCall: 'FunctionCall',
    functionResponse: 'FunctionResponse',
    executableCode: 'ExecutableCode',
    codeExecutionResult: 'CodeExecutionResult',
    toolCall: 'ToolCall',
    toolResponse: 'ToolResponse',
    thought: 'bool',
    thoughtSignature: 'bytes',
    videoMetadata: 'VideoMetadata',
    mediaResolution: 'MediaResolution',
    mediaProcessing: 'MediaProcessing',
    partMetadata: 'Struct',
    speechMetadata: 'SpeechMetadata',
    audioTranscription: 'Struct',
  },
  Blob: { mimeType: 'string', data: 'bytes', displayName: 'string' },
  FileData: { mimeType: 'string', fileUri: 'string', displayName: 'string' },
  FunctionCall: {
    id: 'string',
    name: 'string',
    args: 'Struct',
    // Vertex
    partialArgs: 'PartialArg[]',
    willContinue: 'bool',
  },
  PartialArg: {
    jsonPath: 'string',
    stringValue: 'string',
    numberValue: 'double',
    boolValue: 'bool',
    nullValue: 'string',
    willContinue: 'bool',
  },
  FunctionResponse: {
    id: 'string',
    name: 'string',
    response: 'Struct',
    parts: 'FunctionResponsePart[]',
    willContinue: 'bool',
    scheduling: 'FunctionResponse.Scheduling',
  },
  FunctionResponsePart: { inlineData: 'Blob', fileData: 'FileData', mediaProcessing: 'MediaProcessing' },
  ExecutableCode: { id: 'string', language: 'ExecutableCode.Language', code: 'string' },
  CodeExecutionResult: { id: 'string', outcome: 'CodeExecutionResult.Outcome', output: 'string' },
  ToolCall: { id: 'string', toolType: 'ToolType', toolName: 'string', args: 'Struct' },
  ToolResponse: { id: 'string', toolType: 'ToolType', response: 'Struct' },
  VideoMetadata: { startOffset: 'Duration', endOffset: 'Duration', fps: 'double' },
  MediaResolution: { level: 'MediaResolution.Level', numTokens: 'int32' },
  SpeechMetadata: { speaker: 'string', style: 'string' },

  Tool: {
    functionDeclarations: 'FunctionDeclaration[]',
    googleSearch: 'Tool.GoogleSearch',
    googleSearchRetrieval: 'GoogleSearchRetrieval',
    codeExecution: 'CodeExecution',
    urlContext: 'UrlContext',
    googleMaps: 'GoogleMaps',
    computerUse: 'Tool.ComputerUse',
    fileSearch: 'FileSearch',
    mcpServers: 'McpServer[]',
    // Vertex
    retrieval: 'Struct',
    enterpriseWebSearch: 'EnterpriseWebSearch',
    exaAiSearch: 'Tool.ExaAiSearch',
    parallelAiSearch: 'Tool.ParallelAiSearch',
  },
  FunctionDeclaration: {
    name: 'string',
    description: 'string',
    parameters: 'Schema',
    parametersJsonSchema: 'Value',
    response: 'Schema',
    responseJsonSchema: 'Value',
    behavior: 'FunctionDeclaration.Behavior',
  },
  'Tool.GoogleSearch': {
    timeRangeFilter: 'Interval',
    searchTypes: 'SearchTypes',
    // Vertex
    excludeDomains: 'string[]',
    blockingConfidence: 'PhishBlockThreshold',
  },
  Interval: { startTime: 'Timestamp', endTime: 'Timestamp' },
  SearchTypes: { webSearch: 'Empty', imageSearch: 'Empty' },
  Empty: {},
  GoogleSearchRetrieval: { dynamicRetrievalConfig: 'DynamicRetrievalConfig' },
  DynamicRetrievalConfig: { mode: 'DynamicRetrievalConfig.Mode', dynamicThreshold: 'float' },
  CodeExecution: {},
  UrlContext: {},
  GoogleMaps: { enableWidget: 'bool', authConfig: 'Struct', groundingTypes: 'Struct' },
  'Tool.ComputerUse': {
    environment: 'Tool.ComputerUse.Environment',
    excludedPredefinedFunctions: 'string[]',
    enablePromptInjectionDetection: 'bool',
    disabledSafetyPolicies: 'Tool.ComputerUse.SafetyPolicy[]',
  },
  FileSearch: { fileSearchStoreNames: 'string[]', topK: 'int32', metadataFilter: 'string' },
  McpServer: { name: 'string', streamableHttpTransport: 'StreamableHttpTransport' },
  StreamableHttpTransport: {
    url: 'string',
    headers: 'map<string>',
    timeout: 'Duration',
    sseReadTimeout: 'Duration',
    terminateOnClose: 'bool',
  },
  EnterpriseWebSearch: { excludeDomains: 'string[]', blockingConfidence: 'PhishBlockThreshold' },
  'Tool.ExaAiSearch': { apiKey: 'string', customConfigs: 'Struct' },
  'Tool.ParallelAiSearch': {
    apiKey: 'string',
    customConfigs: 'Struct',
    enableDataRetention: 'bool',
    enableZeroDataRetention: 'bool',
  },

  ToolConfig: {
    functionCallingConfig: 'FunctionCallingConfig',
    retrievalConfig: 'RetrievalConfig',
    includeServerSideToolInvocations: 'bool',
  },
  FunctionCallingConfig: {
    mode: 'FunctionCallingConfig.Mode',
    allowedFunctionNames: 'string[]',
    streamFunctionCallArguments: 'bool',
  },
  RetrievalConfig: { latLng: 'LatLng', languageCode: 'string' },
  LatLng: { latitude: 'double', longitude: 'double' },
  SafetySetting: {
    category: 'HarmCategory',
    threshold: 'SafetySetting.HarmBlockThreshold',
    method: 'SafetySetting.HarmBlockMethod',
  },

  Schema: {
    type: 'Type',
    format: 'string',
    title: 'string',
    description: 'string',
    nullable: 'bool',
    enum: 'string[]',
    items: 'Schema',
    minItems: 'int64',
    maxItems: 'int64',
    minLength: 'int64',
    maxLength: 'int64',
    minProperties: 'int64',
    maxProperties: 'int64',
    properties: 'map<Schema>',
    required: 'string[]',
    minimum: 'double',
    maximum: 'double',
    pattern: 'string',
    example: 'Value',
    default: 'Value',
    anyOf: 'Schema[]',
    propertyOrdering: 'string[]',
  },

  GenerationConfig: {
    candidateCount: 'int32',
    stopSequences: 'string[]',
    maxOutputTokens: 'int32',
    temperature: 'float',
    topP: 'float',
    topK: 'int32',
    seed: 'int32',
    presencePenalty: 'float',
    frequencyPenalty: 'float',
    responseMimeType: 'string',
    responseSchema: 'Schema',
    responseJsonSchema: 'Value',
    // The same thing under its older number; some clients still send this name.
    _responseJsonSchema: 'Value',
    responseFormat: 'ResponseFormat[]',
    responseLogprobs: 'bool',
    logprobs: 'int32',
    enableEnhancedCivicAnswers: 'bool',
    responseModalities: 'GenerationConfig.Modality[]',
    speechConfig: 'SpeechConfig',
    thinkingConfig: 'ThinkingConfig',
    imageConfig: 'ImageConfig',
    mediaResolution: 'GenerationConfig.MediaResolution',
    enableAffectiveDialog: 'bool',
    translationConfig: 'TranslationConfig',
    audioTranscriptionConfig: 'AudioTranscriptionConfig',
    // Vertex
    routingConfig: 'Struct',
    modelConfig: 'Struct',
    audioTimestamp: 'bool',
  },
  ThinkingConfig: {
    includeThoughts: 'bool',
    thinkingBudget: 'int32',
    thinkingLevel: 'ThinkingConfig.ThinkingLevel',
  },
  SpeechConfig: {
    voiceConfig: 'VoiceConfig',
    multiSpeakerVoiceConfig: 'MultiSpeakerVoiceConfig',
    languageCode: 'string',
  },
  VoiceConfig: {
    prebuiltVoiceConfig: 'PrebuiltVoiceConfig',
    replicatedVoiceConfig: 'Struct',
    voice: 'string',
  },
  PrebuiltVoiceConfig: { voiceName: 'string' },
  MultiSpeakerVoiceConfig: { speakerVoiceConfigs: 'SpeakerVoiceConfig[]' },
  SpeakerVoiceConfig: { speaker: 'string', voiceConfig: 'VoiceConfig' },
  ImageConfig: {
    aspectRatio: 'string',
    imageSize: 'string',
    // Vertex
    imageOutputOptions: 'Struct',
    personGeneration: 'string',
    prominentPeople: 'string',
  },
  TranslationConfig: { targetLanguageCode: 'string', echoTargetLanguage: 'bool' },
  AudioTranscriptionConfig: {
    languageCodes: 'string[]',
    diarization: 'bool',
    wordTimestamp: 'bool',
    mode: 'AudioTranscriptionConfig.Mode',
    customVocabulary: 'string[]',
  },
  // One object on the Developer API, a list of them on Vertex: declared as the list, which takes both.
  ResponseFormat: {
    text: 'TextResponseFormat',
    audio: 'AudioResponseFormat',
    image: 'ImageResponseFormat',
    video: 'Struct',
  },
  TextResponseFormat: { mimeType: 'TextResponseFormat.MimeType', schema: 'Value' },
  AudioResponseFormat: {
    mimeType: 'AudioResponseFormat.MimeType',
    bitRate: 'int32',
    sampleRate: 'int32',
    delivery: 'ResponseFormat.Delivery',
  },
  ImageResponseFormat: {
    mimeType: 'ImageResponseFormat.MimeType',
    aspectRatio: 'ResponseFormat.AspectRatio',
    imageSize: 'ResponseFormat.ImageSize',
    delivery: 'ResponseFormat.Delivery',
  },
} as const

export const ONEOFS = {
  Part: {
    data: [
      'text',
      'inlineData',
      'fileData',
      'functionCall',
      'functionResponse',
      'executableCode',
      'codeExecutionResult',
      'toolCall',
      'toolResponse',
    ],
  },
  FunctionResponsePart: { data: ['inlineData', 'fileData'] },
} as const

export type GeminiMessageName = keyof typeof MESSAGES

/** One of the messages above, as `readMessage` returns it. */
export type GeminiMessage<N extends GeminiMessageName> = MessageOf<typeof MESSAGES, N>

/**
 * Reads `json` as the named message: both spellings of every name, enum names in any case or by number, single values
 * where lists are declared. Throws `ProtojsonError` with Google's texts, one line per violation.
 */
export const readMessage = createReader({
  packageName: 'google.ai.generativelanguage.v1beta',
  messages: MESSAGES,
  enums: ENUMS,
  oneofs: ONEOFS,
})
