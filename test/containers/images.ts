/** What the containers are made of. Any of them can be taken from elsewhere, or in another version. */
export const IMAGES = {
  postgres: process.env['POSTGRES_IMAGE'] ?? 'postgres:18-alpine',
}
