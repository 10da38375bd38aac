import { IsEmail, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { IsName } from '../http/name.js';

export class CliAuthQuery {
  /** As shown by the program. */
  @IsOptional()
  @IsString()
  code = '';
}

export class SignInForm {
  @IsString()
  code: string;

  @IsEmail()
  email: string;

  @IsString()
  @IsNotEmpty()
  @MaxLength(128)
  password: string;
}

export class SignUpForm extends SignInForm {
  /** Display name. */
  @IsName()
  name: string;
}

export class ApprovalForm {
  @IsString()
  code: string;

  /** Environment that the key opens. */
  @IsString()
  env_id: string;
}
