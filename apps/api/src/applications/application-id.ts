import { Param } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { EXAMPLE_ID } from '../http/output.js';

/** An application's id or uid of a path. @param name of the parameter */
export const ApplicationId = (name = 'id') => Param(name);

/** Documents an {@link ApplicationId}. */
export const ApiApplicationId = (name = 'id') =>
  ApiParam({ name, description: "The application's id, with or without its prefix, or its uid", example: EXAMPLE_ID });
