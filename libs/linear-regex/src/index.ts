export { linearRegex, toLinearSyntax, weighPattern } from './linear-regex.js';
