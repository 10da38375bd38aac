export { checkSchema, type SchemaError, type SchemaValidator, schemaValidator } from './schema-validator.js';
