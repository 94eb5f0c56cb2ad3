import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { ProjectShape, projectShape } from './project-shape.ts'

export const ListProjectsAnswer = Type.Object({ projects: Type.Array(ProjectShape) })

export const listProjects = endpoint({
  method: 'GET',
  path: '/admin/v1/projects',
  handle: async (_call, { projects }) => ({
    status: 200,
    body: { projects: (await projects.list()).map(projectShape) },
  }),
})
