import { ApiProperty } from '@nestjs/swagger';
import { WireId } from '../http/output.js';

class PortalApplicationView {
  @WireId('Its id: 32 hex digits')
  id: string;

  @ApiProperty({ description: 'Display name', example: 'ACME Corporation' })
  name: string;
}

export class PortalAccessResponse {
  @ApiProperty({
    description: 'A JWT, to be sent as `Authorization: Bearer <token>`',
    example: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMTkwIn0.c2lnbmF0dXJl',
  })
  token: string;

  @ApiProperty({
    description: 'Page of the portal, with the token in its fragment, which browsers send to no server',
    example: 'https://hooks.example.com/portal#token=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMTkwIn0.c2ln',
  })
  url: string;

  @ApiProperty({ type: 'integer', description: 'Seconds for which the token is valid', example: 3600 })
  expires_in: number;

  @ApiProperty({ description: 'The application that the token opens' })
  application: PortalApplicationView;
}
